/* Opens the preview beside the mail for who has never opened or closed a side panel. */
document.addEventListener('DOMContentLoaded', () => {
  const untouched = window.localStorage.getItem('wagtail:side-panel-open') === null;
  const toggle = document.querySelector('[data-side-panel-toggle="preview"]');
  if (untouched && toggle && window.matchMedia('(min-width: 75em)').matches) toggle.click();
});
