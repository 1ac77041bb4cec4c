/* Rules in the editor: the button that adds one says so, and what nobody may add is not offered. */
(() => {
  const { StreamBlock, StreamBlockDefinition } = window.wagtailStreamField.blocks;

  class RuleStream extends StreamBlock {
    _createInsertionControl(placeholder, options) {
      const control = super._createInsertionControl(placeholder, options);
      const text = document.createElement("span");
      text.className = "crm-adding";
      text.textContent = this.blockDef.meta.addText;
      control.element.querySelector("button").append(text);
      return control;
    }
  }

  class RuleStreamDefinition extends StreamBlockDefinition {
    constructor(name, groups, states, meta) {
      super(name, groups, states, meta);
      // Known above, so that it can be drawn where it is stored; only the menu leaves it out.
      this.groupedChildBlockDefs = groups
        .map(([group, blocks]) => [group, blocks.filter((block) => !meta.notOffered.includes(block.name))])
        .filter(([, blocks]) => blocks.length);
    }

    render(placeholder, prefix, state, error) {
      return new RuleStream(this, placeholder, prefix, state, error);
    }
  }

  window.telepath.register("wagtail_crm.segments.RuleStream", RuleStreamDefinition);
})();
