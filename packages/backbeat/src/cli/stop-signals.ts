const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/** A terminal and npm both pass on one Ctrl-C; what comes this soon after the first is the same one, in milliseconds. */
const SAME_SIGNAL_MS = 300

/**
 * Calls `stop` at the first signal to end this process, and `end` at the second. Returns how to
 * leave the signals alone again.
 */
export function onStopSignals(stop: () => void, end: () => void): () => void {
  let firstAt: number | undefined
  const receive = () => {
    const now = performance.now()
    if (firstAt === undefined) {
      firstAt = now
      stop()
    } else if (now - firstAt > SAME_SIGNAL_MS) end()
  }
  for (const signal of SIGNALS) process.on(signal, receive)
  return () => {
    for (const signal of SIGNALS) process.off(signal, receive)
  }
}
