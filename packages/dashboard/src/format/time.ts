const STEPS: [unit: Intl.RelativeTimeFormatUnit, ms: number][] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
]

/** How long ago, or how far ahead, in a few characters. */
export function formatRelative(at: string | number, now: number, locale: string): string {
  const difference = new Date(at).getTime() - now
  const format = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'narrow' })
  const [unit, ms] = STEPS.find(([, size]) => Math.abs(difference) >= size) ?? ['second', 1000]
  return format.format(Math.trunc(difference / ms), unit)
}

/** To the second, in the reader's own time zone, which it names. */
export function formatExact(at: string | number, locale: string): string {
  return new Intl.DateTimeFormat(locale, {
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'short',
  }).format(new Date(at))
}

export function formatClock(at: string | number, locale: string): string {
  const parts = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const
  return new Intl.DateTimeFormat(locale, parts).format(new Date(at))
}
