export const ERROR_WINDOWS = ['hour', 'day', 'week'] as const

/** How far back faults are counted over time. */
export type ErrorWindow = (typeof ERROR_WINDOWS)[number]

export function isErrorWindow(value: unknown): value is ErrorWindow {
  return (ERROR_WINDOWS as readonly unknown[]).includes(value)
}
