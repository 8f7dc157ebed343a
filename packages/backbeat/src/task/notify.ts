import { type Duration, toMs } from '../duration.ts'
import { BackbeatError } from '../errors.ts'
import { NOTIFIABLE, type NotifiableStatus, USUALLY_NOTIFIED } from '../job/notification.ts'

/** What people are told of, and for how long. */
export interface NotificationOptions {
  /**
   * In which states jobs make a notification when they come to rest, unless their task says so itself
   * with `notify`: `failed`, `stuck`, `completed_with_warnings`; an empty list for none. Default:
   * `['failed', 'stuck']`.
   */
  on?: readonly NotifiableStatus[]
  /** How long a notification is kept after it last happened; workers remove older ones. Default: `'30d'`. */
  retention?: Duration
}

/** Those options, checked and completed. */
export interface NotificationPolicy {
  on: readonly NotifiableStatus[]
  keptMs: number
}

/** @throws BackbeatError `invalid_option` or `invalid_duration` */
export function notificationPolicy(options: NotificationOptions = {}): NotificationPolicy {
  const { on = USUALLY_NOTIFIED, retention = '30d' } = options
  const refuse = (what: string) =>
    new BackbeatError('invalid_option', `notifications.on: ${what}. Give such a list; an empty one for none.`)
  return { on: checkedStates(on, refuse), keptMs: toMs(retention, 'notifications.retention') }
}

/**
 * In which states the jobs of a task make a notification; `null` where the application says.
 *
 * @param refuse makes the error of what cannot be one
 */
export function notifyOnOf(
  notify: false | readonly NotifiableStatus[] | undefined,
  refuse: (what: string) => Error,
): readonly NotifiableStatus[] | null {
  if (notify === undefined) return null
  return notify === false ? [] : checkedStates(notify, refuse)
}

function checkedStates(states: readonly NotifiableStatus[], refuse: (what: string) => Error): NotifiableStatus[] {
  const wrong = Array.isArray(states) ? states.find((state) => !NOTIFIABLE.includes(state)) : states
  if (wrong !== undefined || !Array.isArray(states)) {
    throw refuse(`${JSON.stringify(wrong)} is not a list of states among ${NOTIFIABLE.join(', ')}`)
  }
  return [...new Set(states)]
}
