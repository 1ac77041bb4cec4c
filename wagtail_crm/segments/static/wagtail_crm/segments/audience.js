/*
 * The audience of a block: says in the head of the block who sees it, and in the settings how
 * many members that are. The words come from the server.
 */
window.wagtail.app.register(
  'crm-audience',
  class extends window.StimulusModule.Controller {
    static values = { url: String, everybody: String };

    connect() {
      this.reach = document.createElement('p');
      this.reach.className = 'crm-audience__reach';
      this.reach.setAttribute('role', 'status');
      this.element.prepend(this.reach);
      this.chip = this.makeChip();
      this.later = () => {
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.update(), 250);
      };
      this.element.addEventListener('change', this.later);
      this.element.addEventListener('input', this.later);
      this.observer = new MutationObserver((changes) => {
        if (changes.some(({ target }) => !this.reach.contains(target))) this.later();
      });
      this.observer.observe(this.element, { childList: true, subtree: true });
      this.update();
    }

    disconnect() {
      clearTimeout(this.timer);
      this.observer.disconnect();
      this.element.removeEventListener('change', this.later);
      this.element.removeEventListener('input', this.later);
      this.chip?.remove();
      this.reach.remove();
    }

    /* Beside the title of the block, a button that opens the settings where the audience is. */
    makeChip() {
      const settings = this.element.closest('[data-block-settings]');
      const opener = settings && document.querySelector(`[aria-controls="${settings.id}"]`);
      const own = this.element.closest('[data-panel]');
      const panel = (opener || own?.parentElement)?.closest('[data-panel]');
      const heading = panel?.querySelector('[data-panel-heading]');
      if (!heading) return null;
      const chip = document.createElement(opener ? 'button' : 'span');
      if (opener) {
        chip.type = 'button';
        chip.addEventListener('click', () => opener.click());
      }
      chip.innerHTML =
        '<svg class="icon icon-group" aria-hidden="true"><use href="#icon-group"></use></svg><span></span>';
      heading.after(chip);
      return chip;
    }

    fields(part) {
      return [...this.element.querySelectorAll(`[name*="-${part}"]`)].filter(
        (field) => field.name.includes(`audience-${part}`) && !this.isDeleted(field),
      );
    }

    isDeleted(field) {
      const item = field.closest('[data-contentpath]:not([data-contentpath="segments"], [data-contentpath="excluded"])');
      return item?.querySelector('input[name$="-deleted"]')?.value === '1';
    }

    get chosen() {
      const query = new URLSearchParams();
      ['segments', 'excluded'].forEach((part) =>
        this.fields(part).forEach((field) => {
          if (field.name.endsWith('-value') && field.value) query.append(part, field.value);
        }),
      );
      ['starts', 'ends'].forEach((part) => {
        const value = this.fields(part)[0]?.value;
        if (value) query.set(part, value);
      });
      this.fields('devices').forEach((field) => {
        if (field.checked) query.append('devices', field.value);
      });
      const share = this.fields('share')[0]?.value;
      if (share && share !== '100') query.set('share', share);
      if (query.size && this.fields('match')[0]?.value === 'all') query.set('match', 'all');
      return query;
    }

    async update() {
      const query = this.chosen;
      if (!query.size) {
        this.say(this.everybodyValue, '', false);
        return;
      }
      const request = (this.request = {});
      const response = await fetch(`${this.urlValue}?${query}`);
      if (!response.ok || this.request !== request) return;
      const { summary, reach } = await response.json();
      this.say(summary, reach, true);
    }

    say(summary, reach, isChosen) {
      this.reach.textContent = reach;
      this.reach.hidden = !reach;
      if (!this.chip) return;
      this.chip.className = `crm-audience__chip${isChosen ? ' crm-audience__chip--chosen' : ''}`;
      this.chip.querySelector('span').textContent = summary;
      this.chip.title = summary;
    }
  },
);
