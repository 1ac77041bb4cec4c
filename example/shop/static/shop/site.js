// The menu is open without JavaScript; with it, a button opens it on small screens.
const button = document.querySelector(".menu__button");
const menu = document.getElementById("menu");

if (button && menu) {
  const show = (open) => {
    button.setAttribute("aria-expanded", String(open));
    menu.classList.toggle("menu--closed", !open);
  };
  button.hidden = false;
  show(false);
  button.addEventListener("click", () => show(button.getAttribute("aria-expanded") !== "true"));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && button.getAttribute("aria-expanded") === "true") {
      show(false);
      button.focus();
    }
  });
}

// A number that is chosen from a list is sent at once.
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-send-on-change]");
  if (form) form.requestSubmit();
});
