import type { Json } from '../json.ts'
import { REDACTED, type RedactionPolicy, replaceSensitive } from './paths.ts'

/** Shorter values would be found in every other word. */
const MIN_SECRET_LENGTH = 6

/** Of a secret that was cut off at the end of a text, so much tells something. */
const MIN_CUT_LENGTH = 3
/** How texts are marked that were cut; see `text.ts`. */
const CUT = /^(.*)( … \(\d+ more\))$/s

/** Redactors of the attempts that run in this thread, for what ends it without saying whose it is. */
const running = new Set<Redactor>()

/**
 * Hides what is sensitive in everything that an attempt tells: what stands under a sensitive name,
 * and what was sensitive in its input, wherever it turns up.
 */
export class Redactor {
  readonly #input: Json
  readonly #policy: RedactionPolicy
  #found: readonly string[] | undefined

  /** @param input as the task was given it */
  constructor(input: Json, policy: RedactionPolicy) {
    this.#input = input
    this.#policy = policy
  }

  /** Longest first, so that one that is part of another leaves nothing of it. Looked for when something is told. */
  get #secrets(): readonly string[] {
    this.#found ??= secretsIn(this.#input, this.#policy)
    return this.#found
  }

  text(text: string): string {
    let redacted = text
    for (const secret of this.#secrets) redacted = redacted.replaceAll(secret, REDACTED)
    return this.#secrets.length === 0 ? text : this.#withoutCutSecret(redacted)
  }

  /** As {@link text}, for what may be absent. */
  maybe<Text extends string | null | undefined>(text: Text): Text {
    return (typeof text === 'string' ? this.text(text) : text) as Text
  }

  json(value: Json): Json {
    if (value === null || typeof value === 'boolean') return value
    return typeof value === 'string' || typeof value === 'number'
      ? this.#written(value)
      : replaceSensitive(
          value,
          this.#policy,
          () => REDACTED,
          (written) => this.#written(written),
        )
  }

  /** Hides it in what ends this thread too, until {@link unwatch} says that the attempt is over. */
  watch(): void {
    running.add(this)
  }

  unwatch(): void {
    running.delete(this)
  }

  #written(value: string | number): string | number {
    if (typeof value === 'string') return this.text(value)
    return this.#secrets.includes(String(value)) ? REDACTED : value
  }

  /** A text that was too long may end in the beginning of a secret. */
  #withoutCutSecret(text: string): string {
    const [, kept = '', mark = ''] = CUT.exec(text) ?? []
    if (mark === '') return text
    for (const secret of this.#secrets) {
      for (let length = Math.min(secret.length, kept.length); length >= MIN_CUT_LENGTH; length -= 1) {
        if (kept.endsWith(secret.slice(0, length))) return `${kept.slice(0, -length)}${REDACTED}${mark}`
      }
    }
    return text
  }
}

/** A text without what is sensitive to any attempt of this thread. */
export function redactForAll(text: string): string {
  let redacted = text
  for (const redactor of running) redacted = redactor.text(redacted)
  return redacted
}

function secretsIn(input: Json, policy: RedactionPolicy): string[] {
  const secrets = new Set<string>()
  const note = (value: Json): void => {
    if (typeof value === 'object' && value !== null) for (const entry of Object.values(value)) note(entry)
    else if (typeof value !== 'boolean') for (const text of writtenForms(String(value))) secrets.add(text)
  }
  replaceSensitive(input, policy, (value) => {
    note(value)
    return value
  })
  return [...secrets].sort((a, b) => b.length - a.length)
}

/** As it is, and as it stands in JSON and in URLs. */
function writtenForms(secret: string): string[] {
  if (secret.length < MIN_SECRET_LENGTH) return []
  return [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret.toWellFormed())]
}
