/* The editor of a segment: counts while somebody types, and suits an attribute's fields to its type. */
(() => {
  const { Controller } = window.StimulusModule;
  const WAIT = 400;
  // The server stops working on what this tab asked before.
  const ASKER = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");

  class SegmentCount extends Controller {
    static targets = ["counting", "failed", "result", "list", "who", "reasons"];
    static values = { url: String };

    connect() {
      this.form = document.querySelector("form[data-edit-form]");
      if (!this.form) return;
      this.later = () => this.schedule();
      this.form.addEventListener("input", this.later);
      this.form.addEventListener("change", this.later);
      document.addEventListener("w-unsaved:add", this.later);
      this.element.addEventListener("change", this.later);
      // Rules that are added, moved or removed are no input.
      this.observer = new MutationObserver(this.later);
      this.observer.observe(this.form, { childList: true, subtree: true });
      this.open();
      this.schedule();
    }

    /* Where there is room, the number is seen without asking for it. */
    open() {
      if (!window.matchMedia("(min-width: 50em)").matches) return;
      const panel = this.element.closest("[data-side-panel]");
      // Wagtail listens only once the page is complete, and then opens what was open last.
      const open = () => window.setTimeout(() => panel?.dispatchEvent(new Event("open")), 50);
      if (document.readyState === "complete") open();
      else window.addEventListener("load", open, { once: true });
    }

    disconnect() {
      if (!this.form) return;
      this.form.removeEventListener("input", this.later);
      this.form.removeEventListener("change", this.later);
      document.removeEventListener("w-unsaved:add", this.later);
      this.element.removeEventListener("change", this.later);
      this.observer.disconnect();
      window.clearTimeout(this.timer);
      this.request?.abort();
    }

    schedule() {
      window.clearTimeout(this.timer);
      this.timer = window.setTimeout(() => {
        if (this.question() !== this.asked) this.count();
      }, WAIT);
    }

    body() {
      const body = new URLSearchParams(new FormData(this.form));
      const who = this.hasWhoTarget && this.whoTarget.querySelector("input[name]");
      if (who?.value) body.set(who.name, who.value);
      return body;
    }

    /* What the answer hangs on. The form changes otherwise too: Wagtail notes what it saved by itself. */
    question() {
      const parts = [...this.body()].filter(([name]) => /^(match|rules|why)\b/.test(name));
      return new URLSearchParams(parts).toString();
    }

    async count() {
      this.request?.abort();
      const request = new AbortController();
      this.request = request;
      const body = this.body();
      this.asked = this.question();
      this.show("counting");
      try {
        await this.ask(body, request.signal);
        this.show("result");
        // An estimate: the number itself takes longer, and replaces it when it is there.
        if (this.resultTarget.querySelector("[data-crm-count-exactly]")) {
          await this.ask(`${body}&exactly=1`, request.signal);
        }
      } catch (error) {
        if (request.signal.aborted) return;
        this.asked = null;
        this.show("failed");
      }
    }

    async ask(body, signal) {
      const response = await fetch(this.urlValue, {
        method: "POST",
        body: new URLSearchParams(`${body}&asker=${ASKER}`),
        headers: { "X-Requested-With": "XMLHttpRequest" },
        signal,
      });
      if (!response.ok || response.redirected) throw new Error(response.statusText);
      const html = await response.text();
      if (!signal.aborted) this.put(html);
    }

    /* The reasons stand below the name of whom they are about; where there is no list, nobody asks. */
    put(html) {
      this.resultTarget.innerHTML = html;
      const nobody = Boolean(this.resultTarget.querySelector("[data-crm-count-nobody]"));
      for (const part of this.listTargets) part.hidden = nobody;
      if (!this.hasReasonsTarget) return;
      this.reasonsTarget.replaceChildren(...this.resultTarget.querySelectorAll("[data-crm-count-why]"));
    }

    show(state) {
      this.countingTarget.hidden = state !== "counting";
      this.failedTarget.hidden = state !== "failed";
      this.resultTarget.classList.toggle("crm-count__old", state !== "result");
      this.element.setAttribute("aria-busy", state === "counting" ? "true" : "false");
    }
  }

  const TYPES = { number: "number", date: "date" };
  const NEAR = ["in_last", "in_next", "anniversary"];

  /* Shows the fields of a rule that matter for what is chosen in others: {field: {other: [values]}};
     no values stand for whatever is filled in. */
  class RuleFields extends Controller {
    static values = { shown: Object };

    connect() {
      this.later = () => this.suit();
      this.element.addEventListener("change", this.later);
      // A page that is taken out of a list is no input.
      this.observer = new MutationObserver(this.later);
      const pages = this.field("pages");
      if (pages) this.observer.observe(pages, { attributes: true, attributeFilter: ["style"], childList: true, subtree: true });
      this.putSettingsLast();
      this.suit();
      this.openSettings();
    }

    disconnect() {
      this.element.removeEventListener("change", this.later);
      this.observer.disconnect();
    }

    suit() {
      for (const [name, conditions] of Object.entries(this.shownValue)) {
        const field = this.field(name);
        if (field) field.hidden = !Object.entries(conditions).every(([other, values]) => this.fits(other, values));
      }
    }

    fits(name, values) {
      return values.length ? values.includes(this.chosen(name)) : filledIn(this.field(name));
    }

    /* Of this rule: the details that it lists have fields of the same names. */
    field(name) {
      const own = this.element.closest("[data-contentpath]");
      const fields = [...this.element.querySelectorAll(`[data-contentpath="${name}"]`)];
      return fields.find((field) => field.parentElement.closest("[data-contentpath]") === own);
    }

    chosen(name) {
      return this.field(name)?.querySelector("select")?.value;
    }

    /* Wagtail draws first what few rules need. */
    putSettingsLast() {
      const settings = this.element.querySelector(":scope > [data-block-settings]");
      if (settings) this.element.append(settings);
    }

    /* Nobody should wonder about a condition that is folded away. */
    openSettings() {
      const settings = this.element.querySelector("[data-block-settings]");
      if (settings?.hasAttribute("hidden") && filledIn(settings)) {
        document.querySelector(`[aria-controls="${settings.id}"]`)?.click();
      }
    }
  }

  function filledIn(field) {
    const inputs = field?.querySelectorAll('select, textarea, input[type="text"], input[type="number"], input[type="hidden"][name$="-value"]');
    return [...(inputs ?? [])].some((input) => input.value && !isTakenOut(input));
  }

  function isTakenOut(input) {
    const child = input.closest("[data-streamfield-child]");
    return child?.querySelector('input[name$="-deleted"]')?.value === "1";
  }

  class AttributeRule extends Controller {
    connect() {
      this.attribute = this.control("attribute", "select");
      this.comparison = this.control("comparison", "select");
      this.value = this.control("value", "input");
      this.upper = this.control("upper", "input");
      if (!this.attribute || !this.comparison || !this.value || !this.upper) return;
      this.later = () => this.suit();
      this.attribute.addEventListener("change", this.later);
      this.comparison.addEventListener("change", this.later);
      this.suit();
    }

    disconnect() {
      this.attribute?.removeEventListener("change", this.later);
      this.comparison?.removeEventListener("change", this.later);
    }

    control(name, tag) {
      return this.element.querySelector(`[data-contentpath="${name}"] ${tag}[name]`);
    }

    field(control) {
      return control.closest("[data-contentpath]");
    }

    suit() {
      const option = this.attribute.selectedOptions[0];
      const { type = "", comparisons = "", choices = "[]" } = option?.dataset ?? {};
      this.allow(comparisons.split(" ").filter(Boolean));
      const comparison = this.comparison.value;
      const several = comparison === "one_of" || type === "choices";
      this.field(this.value).hidden = comparison === "set" || comparison === "not_set";
      this.field(this.upper).hidden = comparison !== "between";
      this.help().hidden = !several || Boolean(JSON.parse(choices).length);
      this.say(type);
      const near = NEAR.includes(comparison);
      for (const control of [this.value, this.upper]) {
        control.type = near ? "number" : (!several && TYPES[type]) || "text";
        control.step = type === "number" ? "any" : "";
        control.min = near ? "1" : "";
      }
      this.name(near);
      this.choose(this.choices(type, choices), several);
    }

    /* Of dates that are near, the value is a number of days. */
    name(near) {
      const label = this.field(this.value).querySelector("label");
      if (!label || !this.element.dataset.days) return;
      this.usual ??= label.firstChild.textContent;
      label.firstChild.textContent = near ? this.element.dataset.days : this.usual;
    }

    /* A number is less than another one, a date is before it. */
    say(type) {
      const words = JSON.parse(this.element.dataset.words || "{}")[type] ?? {};
      for (const option of this.comparison.options) {
        option.dataset.usual ??= option.text;
        option.text = words[option.value] ?? option.dataset.usual;
      }
    }

    help() {
      return this.field(this.value).querySelector(".help") ?? document.createElement("p");
    }

    allow(comparisons) {
      for (const option of this.comparison.options) {
        const fits = !option.value || !comparisons.length || comparisons.includes(option.value);
        option.hidden = !fits;
        option.disabled = !fits;
      }
      if (this.comparison.selectedOptions[0]?.disabled) {
        this.comparison.value = comparisons[0];
        this.comparison.dispatchEvent(new Event("input", { bubbles: true }));
      }
    }

    choices(type, choices) {
      if (type === "boolean") {
        const { yes, no } = this.element.dataset;
        return [["true", yes || "✓"], ["false", no || "✗"]];
      }
      return JSON.parse(choices);
    }

    choose(choices, several) {
      this.list?.remove();
      this.list = null;
      this.value.hidden = choices.length > 0;
      if (!choices.length) return;
      this.list = several ? this.boxes(choices) : this.select(choices);
      this.value.after(this.list);
    }

    /* What stands between commas; choices may have commas of their own. */
    chosen(choices) {
      const known = choices.map(([value]) => value).sort((one, other) => other.length - one.length);
      const words = known.map((value) => value.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|");
      const part = new RegExp(`\\s*(?:(?:${words})(?=\\s*(?:[,、，;]|$))|[^,、，;]+)`, "g");
      return (this.value.value.match(part) ?? []).map((text) => text.trim());
    }

    select(choices) {
      const select = document.createElement("select");
      select.setAttribute("aria-label", this.label());
      select.append(new Option("", ""), ...choices.map(([value, label]) => new Option(label, value)));
      const [chosen] = this.chosen(choices);
      select.value = choices.some(([value]) => value === chosen) ? chosen : "";
      if (select.value !== this.value.value) this.write(select.value);
      select.addEventListener("change", () => this.write(select.value));
      return select;
    }

    boxes(choices) {
      const chosen = this.chosen(choices);
      const list = document.createElement("div");
      list.className = "crm-boxes";
      list.setAttribute("role", "group");
      list.setAttribute("aria-label", this.label());
      for (const [value, label] of choices) {
        const line = document.createElement("label");
        const box = document.createElement("input");
        box.type = "checkbox";
        box.value = value;
        box.checked = chosen.includes(value);
        line.append(box, label);
        list.append(line);
      }
      list.addEventListener("change", () => {
        const boxes = [...list.querySelectorAll("input:checked")];
        this.write(boxes.map((box) => box.value).join(", "));
      });
      return list;
    }

    label() {
      return this.field(this.value).querySelector("label")?.textContent.trim() ?? "";
    }

    write(text) {
      this.value.value = text;
      this.value.dispatchEvent(new Event("input", { bubbles: true }));
      this.value.dispatchEvent(new Event("change", { bubbles: true }));
    }
  }

  window.wagtail.app.register("crm-segment-count", SegmentCount);
  window.wagtail.app.register("crm-rule-fields", RuleFields);
  window.wagtail.app.register("crm-attribute-rule", AttributeRule);
})();
