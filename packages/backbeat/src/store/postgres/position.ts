/**
 * What a snapshot of the database saw: every transaction before `end`, but for those that still ran.
 * Read from one snapshot to the next, nothing is left out, in whichever order transactions commit.
 */
interface Position {
  /** The first transaction that it knows nothing of. */
  end: bigint
  /** Transactions before that which had not ended. */
  running: bigint[]
}

/** As Postgres writes a snapshot; bounded, because it may come from outside. */
const SNAPSHOT = /^\d{1,19}:(\d{1,19}):((?:\d{1,19},?)*)$/
const MAX_LENGTH = 100_000

export function parsePosition(text: string): Position | undefined {
  const parts = text.length > MAX_LENGTH ? null : SNAPSHOT.exec(text)
  if (!parts) return undefined
  const [, end = '', running = ''] = parts
  return { end: BigInt(end), running: running.split(',').filter(Boolean).map(BigInt) }
}

export function writePosition({ end, running }: Position): string {
  return `${running[0] ?? end}:${end}:${running.join()}`
}

/** What is seen by one who saw all that `position` saw up to the transaction `last`, and nothing behind it. */
export function endOf({ running }: Position, last: bigint): Position {
  return { end: last + 1n, running: running.filter((tx) => tx <= last) }
}

/** Whether the mark saw a transaction that the position did not. */
export function isBehind(position: Position, mark: Position): boolean {
  if (position.end < mark.end) return true
  const runningThen = new Set(mark.running)
  return position.running.some((tx) => tx < mark.end && !runningThen.has(tx))
}
