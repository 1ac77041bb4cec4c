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

    /* A list may have words of its own: those of "properties" are in data-crm-adding-properties. */
    textFor(button) {
      const path = button.closest('[data-contentpath]')?.dataset.contentpath ?? '';
      return this.element.dataset[`crmAdding${path.charAt(0).toUpperCase()}${path.slice(1)}`] ?? this.textValue;
    }

    say() {
      this.element.querySelectorAll('[data-streamfield-list-add]:not(:has(.crm-adding))').forEach((button) => {
        const text = document.createElement('span');
        text.className = 'crm-adding';
        text.textContent = this.textFor(button);
        button.append(text);
      });
    }
  },
);
