/* In the segment rule "Survey": offer only the answers of the chosen question. */
window.wagtail.app.register(
  'crm-answers',
  class extends window.StimulusModule.Controller {
    connect() {
      const rule = this.element.closest('.struct-block, .w-panel__content') || document;
      this.question = rule.querySelector('select[name$="-question"]');
      this.show = this.show.bind(this);
      this.question?.addEventListener('change', this.show);
      this.show();
    }

    disconnect() {
      this.question?.removeEventListener('change', this.show);
    }

    show() {
      const prefix = `${this.question?.value || '-'}:`;
      let offered = false;
      this.element.querySelectorAll('input[type="checkbox"]').forEach((box) => {
        const fits = box.value.startsWith(prefix);
        offered = offered || fits;
        box.checked = box.checked && fits;
        box.closest('div').hidden = !fits;
      });
      this.element.querySelectorAll('div > label:first-child:not(:has(input))').forEach((heading) => {
        heading.parentElement.hidden = !heading.parentElement.querySelector('div:not([hidden])');
        heading.hidden = true;
      });
      const field = this.element.closest('[data-contentpath]') || this.element.closest('.w-field__wrapper');
      if (field) field.hidden = !offered;
    }
  },
);
