/* A part of a page that is read again every other second, while something is under way. */
(() => {
  const { Controller } = window.StimulusModule;

  class PollController extends Controller {
    static values = { url: String, interval: { type: Number, default: 2000 } };

    connect() {
      this.timer = setInterval(() => this.fetch(), this.intervalValue);
    }

    disconnect() {
      clearInterval(this.timer);
    }

    async fetch() {
      if (document.hidden || this.element.contains(document.activeElement)) return;
      const html = await this.read();
      if (html === null) return;
      // Nothing to show any more: it is done, and the whole page has new numbers.
      if (html.trim()) this.element.innerHTML = html;
      else window.location.reload();
    }

    // Null when the server is away or refuses: what is shown stays.
    async read() {
      try {
        const response = await fetch(this.urlValue);
        return response.ok ? await response.text() : null;
      } catch {
        return null;
      }
    }
  }

  window.wagtail.app.register('crm-poll', PollController);
})();
