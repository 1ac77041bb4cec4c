/* A button that adds to a list says what it adds; Wagtail draws only a plus. */
window.wagtail.app.register(
  'crm-adding',
  class extends window.StimulusModule.Controller {
    static values = { text: String };

    connect() {
      this.observer = new MutationObserver(() => this.say());
      this.observer.observe(this.element, { childList: true, subtree: true });
      this.say();
    }

    disconnect() {
      this.observer.disconnect();
    }

    say() {
      this.element.querySelectorAll('[data-streamfield-list-add]:not(:has(.crm-adding))').forEach((button) => {
        const text = document.createElement('span');
        text.className = 'crm-adding';
        text.textContent = this.textValue;
        button.append(text);
      });
    }
  },
);
