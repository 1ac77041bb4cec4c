/* On a page that a cache gives to everybody, the browser decides whether to ask: whoever has
   answered, or says no by a signal (GPC, DNT), is not asked. docs/how-to/consent.md */
(() => {
    "use strict";
    const { cookie, yes } = document.currentScript.dataset;
    const bar = document.querySelector(".crm-consent[hidden]");
    const isAnswered = () => {
        const found = document.cookie.split("; ").find((each) => each.startsWith(cookie + "="));
        const answer = found && found.slice(cookie.length + 1).replace(/^"(.*)"$/, "$1");
        return answer === yes || /:no$/.test(answer);
    };
    const ask = () => {
        bar.hidden = isAnswered() || !!navigator.globalPrivacyControl || navigator.doNotTrack === "1";
    };
    if (!bar) return;
    bar.querySelector("[name=next]").value = location.pathname + location.search;
    ask();
    // Answered in another tab, or back from the answer with the browser's own copy of the page.
    addEventListener("pageshow", ask);
    document.addEventListener("visibilitychange", ask);
})();
