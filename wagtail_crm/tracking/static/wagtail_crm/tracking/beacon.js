/* What a visitor does on this page, told to the site itself and to nobody else. Put here by
   {% crm_beacon %}; docs/how-to/measure.md. The server decides by its cookies what it keeps. */
(() => {
    "use strict";
    const { url, page, cookie, yes, mode } = document.currentScript.dataset;
    const IDLE = 30_000, ALMOST_ALL = 80, AT_END = 0.98, LONGEST = 14_400;
    const FILE = /\.(7z|csv|docx?|dmg|epub|exe|gz|ics|key|mp[34]|m4a|msi|numbers|od[pst]|pages|pdf|pptx?|rar|rtf|tar|tgz|txt|xlsx?|zip)$/i;
    const on = (target, names, listener) =>
        names.split(" ").forEach((name) => target.addEventListener(name, listener, { capture: true, passive: true }));

    // Who said no, or has not been asked yet, sends nothing.
    const isSilent = () => {
        const found = document.cookie.split("; ").find((each) => each.startsWith(cookie + "="));
        const answer = found && found.slice(cookie.length + 1).replace(/^"(.*)"$/, "$1");
        if (answer === yes) return false;
        if (/:no$/.test(answer) || navigator.globalPrivacyControl || navigator.doNotTrack === "1") return true;
        return mode === "opt_in" && !!document.querySelector(".crm-consent:not([hidden])");
    };

    // The site's own events go apart: one that is refused takes no measured one with it.
    const measured = [], own = [];
    let timer;
    const send = () => {
        timer = clearTimeout(timer);
        for (const queue of [measured, own]) {
            while (queue.length) {
                const body = JSON.stringify({ page: +page, events: queue.splice(0, 20) });
                if (isSilent()) continue;
                if (navigator.sendBeacon && navigator.sendBeacon(url, body)) continue;
                fetch(url, { method: "POST", body, keepalive: true }).catch(() => {});
            }
        }
    };
    const add = (queue, kind, data) => {
        queue.push({ kind, data });
        timer = timer || setTimeout(send, 1000);
    };
    window.crm = Object.assign(window.crm || {}, { track: (kind, data = {}) => add(own, kind, data) });

    // Engaged time: from one sign of life to the next, while the page is seen.
    let engaged = 0, since = 0, depth = 0;
    const credit = () => {
        const now = performance.now();
        if (since) engaged += Math.min(now - since, IDLE);
        since = document.visibilityState === "visible" ? now : 0;
    };
    const look = () => {
        const height = document.documentElement.scrollHeight;
        if (since) depth = Math.max(depth, Math.min(100, Math.round(((scrollY + innerHeight) / height) * 100)));
    };
    const leave = () => {
        look();
        credit();
        const value = Math.min(Math.round(engaged / 1000), LONGEST);
        if (value && +page) measured.push({ kind: "engagement", data: { value, scroll: depth } });
        engaged = value ? 0 : engaged;
        send();
    };
    on(document, "pointerdown pointermove keydown wheel touchstart", credit);
    on(document, "scroll", () => { credit(); look(); });
    on(document, "visibilitychange", () => (document.visibilityState === "hidden" ? leave() : credit()));
    on(window, "pagehide", () => { leave(); since = 0; });
    on(window, "pageshow", (event) => {
        if (event.persisted) engaged = depth = 0;
        credit();
        look();
    });
    credit();

    // Links: a click with the middle button opens them too.
    on(document, "click auxclick", (event) => {
        const link = event.button < 2 && event.target.closest && event.target.closest("a[href], area[href]");
        if (!link || !/^https?:$/.test(link.protocol)) return;
        const data = { url: link.href };
        if (link.hasAttribute("download") || FILE.test(link.pathname)) add(measured, "download", data);
        else if (link.host !== location.host) add(measured, "outbound_click", data);
    });

    // Films: how much of one was played, wherever somebody jumps.
    const films = new WeakMap();
    const filmOf = (player, source) => {
        const known = films.get(player);
        if (known && known.source === source) return known;
        const film = { source, told: 0, seen: new Set() };
        films.set(player, film);
        return film;
    };
    const play = (film, video, percent, isAtEnd) => {
        while (film.told < 75 && percent >= film.told + 25) {
            film.told += 25;
            add(measured, "video_progress", { video, percent: film.told });
        }
        if (isAtEnd && film.told === 75 && percent >= ALMOST_ALL) {
            film.told = 100;
            add(measured, "video_completed", { video });
        }
    };
    on(document, "timeupdate ended", ({ target }) => {
        const { currentTime, currentSrc, dataset, duration, played } = target;
        // What runs by itself without sound is decoration.
        if (target.tagName !== "VIDEO" || target.loop || (target.autoplay && target.muted) || !(duration < Infinity)) return;
        if (!target.paused) credit();
        let seconds = 0;
        for (let part = 0; part < played.length; part++) seconds += played.end(part) - played.start(part);
        const name = (dataset.crmVideo || currentSrc).slice(0, 500);
        play(filmOf(target, currentSrc), name, (seconds / duration) * 100, currentTime > duration * AT_END);
    });

    // Players of YouTube and Vimeo tell where they are when asked; no code of theirs is needed here.
    const DECORATION = /[?&](background|muted?)=1/;
    const PLAYER = /^https:\/\/(?:www\.(youtube)(?:-nocookie)?|player\.(vimeo))\.com\/(?:embed|video)\/([\w-]+)/;
    const ask = (frame, times = 9) => {
        if (!PLAYER.test(frame.src) || DECORATION.test(frame.src) || !frame.contentWindow) return;
        const say = (words) => frame.contentWindow.postMessage(JSON.stringify(words), "*");
        say({ event: "listening", id: 1, channel: "widget" });
        for (const value of ["timeupdate", "ended"]) say({ method: "addEventListener", value });
        // One that is still starting hears nothing.
        if (times) setTimeout(() => films.has(frame) || ask(frame, times - 1), 1000);
    };
    on(document, "load", ({ target }) => target.tagName === "IFRAME" && ask(target));
    document.querySelectorAll("iframe").forEach((frame) => ask(frame));
    on(window, "message", ({ origin, source, data }) => {
        const [, youtube, vimeo] = PLAYER.exec(origin + "/video/0") || [];
        if (!youtube && !vimeo) return;
        const frame = [...document.querySelectorAll("iframe")].find((each) => each.contentWindow === source);
        const id = frame && PLAYER.exec(frame.src);
        if (!id) return;
        try {
            const said = typeof data === "string" ? JSON.parse(data) : data;
            if (said.event === "ready") ask(frame);
            const { currentTime, seconds: now = currentTime, duration } = said.info || said.data || {};
            const film = filmOf(frame, id[3]);
            const length = (film.length = duration || film.length);
            if (!length || !(now >= 0)) return;
            // They tell only where they are: what lies between two moments close by was played.
            if (now > film.at && now - film.at < 3) {
                credit();
                for (let part = Math.floor((film.at / length) * 100); part < (now / length) * 100; part++) film.seen.add(part);
            }
            film.at = now;
            play(film, frame.dataset.crmVideo || `${youtube || vimeo}:${id[3]}`, film.seen.size, now > length * AT_END);
        } catch {
            // Not for us.
        }
    });
})();
