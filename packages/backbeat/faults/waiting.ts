import { setTimeout as sleep } from 'node:timers/promises'

export { sleep }

/** Looks again and again until something holds; every wait of this suite is bounded by it. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  { withinMs = 60_000, everyMs = 20 } = {},
): Promise<void> {
  const giveUpAt = Date.now() + withinMs
  while (!(await holds())) {
    if (Date.now() > giveUpAt) throw new Error(`Waited ${withinMs} ms in vain until ${what}`)
    await sleep(everyMs)
  }
}
