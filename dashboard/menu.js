// On a narrow screen the menu lies over the page: it closes when one of its links is followed.
// Streamlit closes it by the browser's name alone, which leaves tablets and narrow windows out.
const NARROW = 768; // pixels, from which on Streamlit puts the menu beside the page
const CLOSE = '[data-testid="stSidebarCollapseButton"] button';

function close({ target }) {
  if (innerWidth > NARROW || !target.closest?.('[data-testid="stSidebar"] a')) return;
  setTimeout(() => document.querySelector(CLOSE)?.click());
}

if (!document.menuCloses) document.addEventListener("click", close);
document.menuCloses = true;
