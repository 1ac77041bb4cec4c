/* Numbers that follow what is ticked, and the mail as somebody gets it. */
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
  window.wagtail.app.register('crm-frame', FrameController);
})();
