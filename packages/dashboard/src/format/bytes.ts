const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

/** How large something is, for people: `512 B`, `1.5 MiB`. */
export function formatBytes(bytes: number, locale = 'en'): string {
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)))
  const value = (bytes / 1024 ** power).toLocaleString(locale, { maximumFractionDigits: 1 })
  return `${value} ${UNITS[power]}`
}
