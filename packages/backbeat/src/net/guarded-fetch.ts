import { type LookupAddress, lookup as systemLookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import type { Agent, buildConnector } from 'undici'
import { BackbeatError } from '../errors.ts'
import { type AllowedAddresses, allowedAddresses, isPublicAddress } from './addresses.ts'

export interface GuardOptions {
  /**
   * What may be reached although it is not public: names of hosts, addresses and subnets, such as
   * `hooks.internal`, `10.1.2.3` or `10.1.0.0/16`. Default: nothing.
   */
  allow?: readonly string[]
  /** Finds the addresses of a name. Default: the system's own. */
  lookup?: Lookup
}

/** The addresses of a name, all of them. */
export type Lookup = (host: string) => Promise<readonly LookupAddress[]>

export type GuardedFetch = (url: string | URL, init?: RequestInit) => Promise<Response>

/** The address that a URL leads to is not one of the Internet at large. */
export class AddressNotAllowedError extends BackbeatError {
  override readonly name = 'AddressNotAllowedError'

  constructor(host: string) {
    super(
      'address_not_allowed',
      `${host} leads to this machine or a private network, which this may not reach. Use a public address, or have an administrator allow this one.`,
      { status: 422 },
    )
  }
}

/**
 * A `fetch` for URLs that others give: webhooks, feeds. It reaches public addresses only. The address
 * is looked at when the connection to it is made, for each redirect anew, so that neither a name that
 * changes what it leads to nor a redirect gets around it.
 *
 * @throws (from the function that is returned) AddressNotAllowedError, BackbeatError `invalid_url`, and
 *   what `fetch` throws
 * @example
 * const fetchFeed = createGuardedFetch({ allow: ['10.1.0.0/16'] })
 * const response = await fetchFeed(url, { signal: ctx.signal })
 */
export function createGuardedFetch({ allow = [], lookup = lookupAll }: GuardOptions = {}): GuardedFetch {
  const allowed = allowedAddresses(allow)
  let agent: Agent | undefined
  return async (url, init = {}) => {
    checkScheme(url)
    // Loaded only when it is used: every executor loads this module.
    const undici = await import('undici')
    agent ??= new undici.Agent({ connect: guardedConnector(undici.buildConnector, allowed, lookup) })
    try {
      return (await undici.fetch(url, { ...init, dispatcher: agent } as never)) as unknown as Response
    } catch (error) {
      throw error instanceof Error && error.cause instanceof AddressNotAllowedError ? error.cause : error
    }
  }
}

/** {@link createGuardedFetch} with nothing allowed but public addresses. */
export const guardedFetch: GuardedFetch = createGuardedFetch()

function guardedConnector(
  build: typeof buildConnector,
  allowed: AllowedAddresses,
  lookup: Lookup,
): buildConnector.connector {
  const isFine = (host: string, address: string) =>
    allowed.isHostAllowed(host) || allowed.isAddressAllowed(address) || isPublicAddress(address)

  const guardedLookup: LookupFunction = (host, options, answer) => {
    lookup(host).then(
      (found) => {
        const [first, ...others] = found.filter(({ address }) => isFine(host, address))
        if (!first) answer(new AddressNotAllowedError(host), '', 0)
        else if (options.all) answer(null, [first, ...others])
        else answer(null, first.address, first.family)
      },
      (error) => answer(error, '', 0),
    )
  }
  const connect = build({ lookup: guardedLookup })
  return (options, done) => {
    // An address is not looked up, so it is looked at here.
    const host = options.hostname.replace(/^\[(.*)\]$/, '$1')
    if (isIP(host) !== 0 && !isFine(host, host)) done(new AddressNotAllowedError(host), null)
    else connect(options, done)
  }
}

function lookupAll(host: string): Promise<LookupAddress[]> {
  return new Promise((resolve, reject) => {
    systemLookup(host, { all: true }, (error, addresses) => (error ? reject(error) : resolve(addresses)))
  })
}

function checkScheme(url: string | URL): void {
  if (/^https?:/i.test(String(url)) && URL.canParse(String(url))) return
  throw new BackbeatError(
    'invalid_url',
    'That is not a URL of http or https. Write it out, such as https://example.com/feed.',
    {
      status: 422,
    },
  )
}
