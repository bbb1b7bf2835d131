/**
 * Sorts a matrix by the column whose head is pressed: best first, then the other way, then as it was. What others are compared with stays
 * first, what has no value last. The page allows this text alone, by its hash.
 */
export const sortScript = `
for (const table of document.querySelectorAll('table.matrix')) {
  const body = table.tBodies[0];
  const original = [...body.rows];
  const heads = [...table.querySelectorAll('th[data-column]')];
  const valueOf = (row, column) => {
    const cell = row.querySelector('td[data-column="' + column + '"]');
    return cell ? Number(cell.dataset.value) : null;
  };
  const sortBy = (head) => {
    const first = head.dataset.better === 'higher' ? 'descending' : 'ascending';
    const second = first === 'ascending' ? 'descending' : 'ascending';
    const now = head.getAttribute('aria-sort');
    const next = now === first ? second : now === second ? null : first;
    for (const other of heads) other.removeAttribute('aria-sort');
    const rows = [...original];
    if (next) {
      head.setAttribute('aria-sort', next);
      const sign = next === 'ascending' ? 1 : -1;
      const rank = (row) => (row.classList.contains('baseline') ? 0 : valueOf(row, head.dataset.column) === null ? 2 : 1);
      const value = (row) => valueOf(row, head.dataset.column) ?? 0;
      rows.sort((a, b) => rank(a) - rank(b) || (rank(a) === 1 ? sign * (value(a) - value(b)) : 0));
    }
    body.append(...rows);
  };
  for (const head of heads) {
    head.tabIndex = 0;
    head.classList.add('sortable');
    head.addEventListener('click', () => sortBy(head));
    head.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' && event.key !== ' ') return;
      event.preventDefault();
      sortBy(head);
    });
  }
}
`;
