import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto'
import { BackbeatError } from '../errors.ts'
import type { Json } from '../json.ts'
import { REDACTED, type RedactionPolicy, replaceSensitive, replaceTexts } from './paths.ts'

/** What is sealed is a text that begins so. */
const SEALED = 'backbeat-sealed:1:'
const IV_BYTES = 12
const TAG_BYTES = 16
const KEY_BYTES = 32
const KEY_ID_LENGTH = 8

interface Key {
  id: string
  bytes: Buffer
}

/**
 * Keeps what is sensitive in inputs: sealed by AES-256-GCM while it is stored, opened again where the
 * task runs. A sealed value is of use only in its place and for its task.
 */
export class Vault {
  readonly #secrets: () => readonly string[]
  #keys: Key[] | undefined

  /** @param secrets asked for when one is needed first; the first seals, any of them opens */
  constructor(secrets: () => readonly string[]) {
    this.#secrets = secrets
  }

  /** Whether there is a secret to seal with. */
  get canSeal(): boolean {
    return this.#loaded().length > 0
  }

  /**
   * The input as it may be stored.
   *
   * @throws BackbeatError `secret_missing` where something is to be sealed and there is no secret
   */
  seal(taskType: string, input: Json, policy: RedactionPolicy): Json {
    const sealOne = (value: Json, path: readonly string[]) => this.#seal(taskType, path, value)
    // What only looks sealed would be opened later.
    const other = (value: string | number, path: readonly string[]) =>
      typeof value === 'string' && isSealed(value) ? sealOne(value, path) : value
    return replaceSensitive(input, policy, sealOne, other)
  }

  /** What is to be run, with its input as it was given. @throws BackbeatError `cannot_open_input` */
  openInputOf<Assigned extends { input: Json }>(taskType: string, assignment: Assigned): Assigned {
    if (!hasSealed(assignment.input)) return assignment
    return { ...assignment, input: this.open(taskType, assignment.input) }
  }

  /** The input as it was given. @throws BackbeatError `cannot_open_input` */
  open(taskType: string, stored: Json): Json {
    return replaceSealed(stored, (sealed, path) => this.#open(taskType, path, sealed))
  }

  #seal(taskType: string, path: readonly string[], value: Json): string {
    const [key] = this.#loaded()
    if (!key) throw secretMissing(`The input of ${taskType} has "${path.join('.')}", which is not stored as it is`)
    const iv = randomBytes(IV_BYTES)
    const cipher = createCipheriv('aes-256-gcm', key.bytes, iv).setAAD(placeOf(taskType, path))
    const text = Buffer.concat([cipher.update(JSON.stringify(value), 'utf8'), cipher.final()])
    return `${SEALED}${key.id}:${Buffer.concat([iv, text, cipher.getAuthTag()]).toString('base64url')}`
  }

  #open(taskType: string, path: readonly string[], sealed: string): Json {
    const [id, text = ''] = sealed.slice(SEALED.length).split(':')
    const bytes = Buffer.from(text, 'base64url')
    const key = this.#loaded().find((each) => each.id === id)
    if (!key || bytes.length < IV_BYTES + TAG_BYTES) throw cannotOpen(taskType, path)
    try {
      const decipher = createDecipheriv('aes-256-gcm', key.bytes, bytes.subarray(0, IV_BYTES))
      decipher.setAAD(placeOf(taskType, path)).setAuthTag(bytes.subarray(-TAG_BYTES))
      const opened = [decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]
      return JSON.parse(Buffer.concat(opened).toString('utf8'))
    } catch {
      throw cannotOpen(taskType, path)
    }
  }

  #loaded(): Key[] {
    this.#keys ??= this.#secrets().map(keyOf)
    return this.#keys
  }
}

/** A value as it may be shown: what is sealed in it is hidden. */
export function hideSealed(stored: Json): Json {
  return replaceSealed(stored, () => REDACTED)
}

/** @param what is asked for and cannot be done */
export function secretMissing(what: string): BackbeatError {
  return new BackbeatError(
    'secret_missing',
    `${what}, and there is no secret to seal it with. Set BACKBEAT_SECRET (secret) to the same random text everywhere, such as "openssl rand -base64 32" prints.`,
    { status: 422 },
  )
}

function replaceSealed(value: Json, replace: (sealed: string, path: readonly string[]) => Json): Json {
  return replaceTexts(value, (text, path) => (isSealed(text) ? replace(text, path) : text))
}

/** Most inputs have nothing sealed, so this looks without making anything. */
function hasSealed(value: Json): boolean {
  if (typeof value === 'string') return isSealed(value)
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) return value.some(hasSealed)
  for (const key in value) if (hasSealed(value[key] as Json)) return true
  return false
}

function isSealed(text: string): boolean {
  return text.startsWith(SEALED)
}

function keyOf(secret: string): Key {
  const bytes = Buffer.from(hkdfSync('sha256', secret, 'backbeat', 'inputs of jobs', KEY_BYTES))
  return { id: createHash('sha256').update(bytes).digest('hex').slice(0, KEY_ID_LENGTH), bytes }
}

function placeOf(taskType: string, path: readonly string[]): Buffer {
  return Buffer.from(JSON.stringify([taskType, ...path]))
}

function cannotOpen(taskType: string, path: readonly string[]): BackbeatError {
  return new BackbeatError(
    'cannot_open_input',
    `"${path.join('.')}" in the input of ${taskType} was sealed with another secret, or was changed. Give this process the BACKBEAT_SECRET that it was enqueued with; a new one goes before the old one, separated by a comma.`,
  )
}
