import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { BackbeatError } from '../errors.ts'

const MIN_LENGTH = 12
const MAX_LENGTH = 1000
const SALT_BYTES = 16
const HASH_BYTES = 32

/** What a hash costs: 2^`ln` blocks of `r` times 128 bytes of memory, `p` times over. */
export interface PasswordCost {
  ln: number
  r: number
  p: number
}

/**
 * As strong as 128 MiB in one pass, at a quarter of the memory: so many sign-ins at once do not
 * exhaust a small machine.
 */
const COST: PasswordCost = { ln: 15, r: 8, p: 3 }

const FORMAT = /^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([\w+/-]+)\$([\w+/-]+)$/

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt)

/** Hashes passwords with scrypt. Each hash says what it cost, so that the cost may be raised later. */
export class PasswordHasher {
  readonly #cost: PasswordCost
  #decoy: Promise<string> | undefined

  constructor(cost: PasswordCost = COST) {
    this.#cost = cost
  }

  async hash(password: string): Promise<string> {
    const salt = randomBytes(SALT_BYTES)
    const { ln, r, p } = this.#cost
    const key = await derive(normalised(password), salt, HASH_BYTES, optionsOf(this.#cost))
    return `$scrypt$ln=${ln},r=${r},p=${p}$${salt.toString('base64url')}$${key.toString('base64url')}`
  }

  /**
   * Whether the password is that of the hash. Without a hash it takes as long as with one, so that
   * the time does not tell which users there are.
   */
  async verify(password: string, hash: string | undefined): Promise<boolean> {
    this.#decoy ??= this.hash('no password at all')
    const decoy = await this.#decoy
    const isRight = await matches(password, hash ?? decoy)
    return hash !== undefined && isRight
  }

  /** Whether a password that was given should be hashed anew, at today's cost. */
  isOutdated(hash: string): boolean {
    const [, ln, r, p] = FORMAT.exec(hash) ?? []
    const { ln: wantedLn, r: wantedR, p: wantedP } = this.#cost
    return Number(ln) !== wantedLn || Number(r) !== wantedR || Number(p) !== wantedP
  }
}

async function matches(password: string, hash: string): Promise<boolean> {
  const [, ln, r, p, salt, key] = FORMAT.exec(hash) ?? []
  if (salt === undefined || key === undefined || password.length > MAX_LENGTH) return false
  const expected = Buffer.from(key, 'base64url')
  const cost = { ln: Number(ln), r: Number(r), p: Number(p) }
  const given = await derive(normalised(password), Buffer.from(salt, 'base64url'), expected.length, optionsOf(cost))
  return timingSafeEqual(given, expected)
}

function optionsOf({ ln, r, p }: PasswordCost): ScryptOptions {
  const N = 2 ** ln
  return { N, r, p, maxmem: 256 * N * r }
}

/** One password, however a keyboard composes its letters. */
function normalised(password: string): string {
  return password.normalize('NFKC')
}

/** A new password that may be used. @throws BackbeatError `invalid_password` */
export function checkedPassword(password: string): string {
  if (password.length >= MIN_LENGTH && password.length <= MAX_LENGTH) return password
  throw new BackbeatError(
    'invalid_password',
    `The password has ${password.length} characters. Choose one of ${MIN_LENGTH} to ${MAX_LENGTH}; several words are easy to remember.`,
    { status: 422 },
  )
}
