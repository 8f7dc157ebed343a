/** Making one is dear, and a list or chart asks for hundreds a second. */
function kept<Format>(make: (locale: string) => Format): (locale: string) => Format {
  const formats = new Map<string, Format>()
  return (locale) => {
    const format = formats.get(locale) ?? make(locale)
    formats.set(locale, format)
    return format
  }
}

const relative = kept((locale) => new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'narrow' }))
const exact = kept(
  (locale) =>
    new Intl.DateTimeFormat(locale, {
      year: 'numeric',
      month: 'short',
      day: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      hourCycle: 'h23',
      timeZoneName: 'short',
    }),
)
const DAY_AND_TIME = { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const
const moment = kept((locale) => new Intl.DateTimeFormat(locale, DAY_AND_TIME))
const momentOfYear = kept((locale) => new Intl.DateTimeFormat(locale, { ...DAY_AND_TIME, year: 'numeric' }))
const weekday = kept((locale) => new Intl.DateTimeFormat(locale, { weekday: 'short', day: 'numeric', month: 'short' }))
const timeOfDay = kept(
  (locale) => new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }),
)
const clock = kept(
  (locale) =>
    new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }),
)

const STEPS: [unit: Intl.RelativeTimeFormatUnit, ms: number][] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
]

/** How long ago, or how far ahead, in a few characters. */
export function formatRelative(at: string | number, now: number, locale: string): string {
  const difference = new Date(at).getTime() - now
  const [unit, ms] = STEPS.find(([, size]) => Math.abs(difference) >= size) ?? ['second', 1000]
  return relative(locale).format(Math.trunc(difference / ms), unit)
}

/** A day and a time of day, in the reader's own time zone, with the year where it is not this one. */
export function formatMoment(at: string | number, now: number, locale: string): string {
  const time = new Date(at)
  return (time.getFullYear() === new Date(now).getFullYear() ? moment : momentOfYear)(locale).format(time)
}

/** To the second, in the reader's own time zone, which it names. */
export function formatExact(at: string | number, locale: string): string {
  return exact(locale).format(new Date(at))
}

/** What stands below a chart: a time of day, or a day where the chart spans several. */
export function formatAxis(at: string | number, locale: string, isByDay: boolean): string {
  return (isByDay ? weekday : timeOfDay)(locale).format(new Date(at))
}

export function formatClock(at: string | number, locale: string): string {
  return clock(locale).format(new Date(at))
}
