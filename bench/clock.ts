/**
 * The machine's monotonic clock in milliseconds, with fractions. All processes of the machine share
 * it, so that a time taken in one may be compared with a time taken in another.
 */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
