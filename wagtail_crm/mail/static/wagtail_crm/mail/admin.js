/* Numbers that follow what is ticked, progress that moves, and the mail as somebody gets it. */
(() => {
  const { Controller } = window.StimulusModule;

  // The text behind an address; null when the server is away or refuses. What is shown stays.
  const read = async (address) => {
    try {
      const response = await fetch(address);
      return response.ok ? await response.text() : null;
    } catch {
      return null;
    }
  };

  class BridgeController extends Controller {
    static targets = ['result'];
    static values = { url: String };

    async refresh() {
      const data = new FormData(this.element);
      data.delete('csrfmiddlewaretoken');
      const asked = (this.asked = `${this.urlValue}?${new URLSearchParams(data)}`);
      const html = await read(asked);
      if (html !== null && asked === this.asked) this.resultTarget.innerHTML = html;
    }
  }

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
      const html = await read(this.urlValue);
      if (html === null) return;
      // Nothing to show any more: it is done, and the whole page has new numbers.
      if (html.trim()) this.element.innerHTML = html;
      else window.location.reload();
    }
  }

  class FrameController extends Controller {
    static targets = ['frame', 'member', 'subject'];

    connect() {
      this.address = this.frameTarget.src.split('?')[0];
      this.name();
    }

    // The title of a mail is its subject, as whoever is chosen reads it.
    name() {
      this.subjectTarget.textContent = this.frameTarget.contentDocument?.title ?? '';
    }

    show() {
      this.frameTarget.src = `${this.address}?member=${encodeURIComponent(this.memberTarget.value)}`;
    }

    phone() {
      this.element.classList.add('crm-mail-aside--phone');
    }

    computer() {
      this.element.classList.remove('crm-mail-aside--phone');
    }
  }

  window.wagtail.app.register('crm-bridge', BridgeController);
  window.wagtail.app.register('crm-poll', PollController);
  window.wagtail.app.register('crm-frame', FrameController);
})();
