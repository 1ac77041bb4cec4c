/* Asks for the numbers of a page when its side panel is opened, and again for another time. */
window.wagtail.app.register(
  'crm-page-numbers',
  class extends window.StimulusModule.Controller {
    static targets = ['waiting', 'failed', 'result'];
    static values = { url: String, days: { type: Number, default: 30 }, below: Boolean };

    connect() {
      this.panel = this.element.closest('[data-side-panel]');
      this.open = () => this.load();
      this.panel?.addEventListener('show', this.open);
      if (!this.panel || !this.panel.hidden) this.load();
    }

    disconnect() {
      this.panel?.removeEventListener('show', this.open);
      this.request?.abort();
    }

    choose({ params, currentTarget }) {
      if ('days' in params) this.daysValue = params.days;
      if ('below' in params) this.belowValue = Boolean(params.below);
      const place = [...this.resultTarget.querySelectorAll('button')].indexOf(currentTarget);
      this.load().then(() => this.resultTarget.querySelectorAll('button')[place]?.focus());
    }

    async load() {
      this.request?.abort();
      const request = new AbortController();
      this.request = request;
      this.show('waiting');
      try {
        const query = new URLSearchParams({ days: this.daysValue, below: this.belowValue ? 1 : 0 });
        const response = await fetch(`${this.urlValue}?${query}`, {
          headers: { 'X-Requested-With': 'XMLHttpRequest' },
          signal: request.signal,
        });
        if (!response.ok || response.redirected) throw new Error(response.statusText);
        this.resultTarget.innerHTML = await response.text();
        this.show('result');
      } catch (error) {
        if (!request.signal.aborted) this.show('failed');
      }
    }

    show(state) {
      this.waitingTarget.hidden = state !== 'waiting';
      this.failedTarget.hidden = state !== 'failed';
      this.resultTarget.classList.toggle('crm-numbers__old', state !== 'result');
      this.element.setAttribute('aria-busy', state === 'waiting' ? 'true' : 'false');
    }
  },
);
