/** The keyboard goes on at the view that shows, where what it stood at is gone. */
export function focusView(): void {
  document.querySelector<HTMLElement>('[aria-current="page"]')?.focus();
}
