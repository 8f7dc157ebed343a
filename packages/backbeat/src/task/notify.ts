import { NOTIFIABLE, type NotifiableStatus } from '../job/notification.ts'

/**
 * The states that people are told of, checked.
 *
 * @param refuse makes the error of what cannot be one
 */
export function checkedStates(
  states: readonly NotifiableStatus[],
  refuse: (what: string) => Error,
): readonly NotifiableStatus[] {
  const wrong = Array.isArray(states) ? states.find((state) => !NOTIFIABLE.includes(state)) : states
  if (!Array.isArray(states) || wrong !== undefined) {
    throw refuse(`${JSON.stringify(wrong)} is not a list of states among ${NOTIFIABLE.join(', ')}`)
  }
  return [...new Set(states)]
}
