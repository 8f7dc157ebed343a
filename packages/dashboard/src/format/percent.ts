/** A share for people, as their language writes it: `40%`, `0.4%`; a dash where there is none. */
export function formatPercent(share: number | null, locale: string): string {
  if (share === null) return '–'
  // A few of many are not none.
  const digits = share > 0 && share < 0.1 ? 1 : 0
  return new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: digits }).format(share)
}
