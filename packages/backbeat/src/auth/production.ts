import { BackbeatError } from '../errors.ts'
import { isThisMachine } from '../net/addresses.ts'

/** What is used in production. */
export interface ProductionSettings {
  /** URLs by what they are for, such as `store`; absent where nothing was set. */
  services: { [name: string]: string | undefined }
  /** Secrets by the setting that gives them, several separated by commas; absent where there is none. */
  secrets: { [name: string]: string | undefined }
  /** Whether services of this machine are meant. */
  allowsLocal: boolean
}

const MIN_SECRET_LENGTH = 16
/** What examples and images come with, and what people put where something has to be put. */
const USUAL =
  /^((change.?me|secret|password|admin|token|test|backbeat|postgres|guest|root|default|example|0|(12345678)90?|x)[-_. ]?)+[!\d]*$/i

/**
 * Refuses what works on a laptop and is a mistake in production: services of this machine, records in
 * memory, passwords that everybody knows.
 *
 * @returns the services of this machine that are used because that is allowed
 * @throws BackbeatError `local_service`, `default_secret`
 */
export function checkProduction({ services, secrets, allowsLocal }: ProductionSettings): string[] {
  const local: string[] = []
  for (const [name, secret] of Object.entries(secrets)) {
    if (secret?.split(',').some(isWeak)) throw defaultSecret(name)
  }
  for (const [name, url] of Object.entries(services)) {
    if (url === undefined) continue
    if (hasUsualPassword(url)) throw defaultSecret(`the password in ${name}`)
    if (!isLocal(url)) continue
    if (!allowsLocal) throw localService(name)
    local.push(name)
  }
  return local
}

function isWeak(secret: string): boolean {
  return secret.length < MIN_SECRET_LENGTH || USUAL.test(secret)
}

function isLocal(url: string): boolean {
  if (url.startsWith('sqlite:')) return /^sqlite::?memory:/.test(url)
  const host = hostOf(url)
  return host !== undefined && (host === '' || host.startsWith('/') || isThisMachine(host))
}

/** As libraries read it: an option counts for more, and nothing or a socket's folder may stand there. */
function hostOf(url: string): string | undefined {
  const [, authority] = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(url) ?? []
  if (authority === undefined) return undefined
  const [, query = ''] = url.split('?', 2)
  return new URLSearchParams(query).get('host') || decoded(authority.replace(/^.*@/, '').replace(/:\d*$/, ''))
}

/** Weak ones are the database administrator's to judge; known ones are not. */
function hasUsualPassword(url: string): boolean {
  const parsed = URL.parse(url)
  return [parsed?.password, parsed?.searchParams.get('password')].some((given) => given && USUAL.test(decoded(given)))
}

/** What cannot be decoded is for the library that connects to refuse. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function defaultSecret(name: string): BackbeatError {
  return new BackbeatError(
    'default_secret',
    `This is production, and ${name} is short or one that everybody knows. Give a random one of at least ${MIN_SECRET_LENGTH} characters, such as "openssl rand -base64 32" prints.`,
  )
}

function localService(name: string): BackbeatError {
  return new BackbeatError(
    'local_service',
    `This is production, and ${name} is on this machine only, or in memory. Give the address of the real one; where this one is meant, set BACKBEAT_ALLOW_LOCAL=true (allowLocal).`,
  )
}
