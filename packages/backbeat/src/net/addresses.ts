import { BlockList, isIP } from 'node:net'
import { BackbeatError } from '../errors.ts'
import { isLoopback } from '../loopback.ts'

type Subnet = readonly [network: string, prefix: number]

/** Of this machine, of private and link-local networks, of many receivers, and of no use on the Internet. */
const IPV4: readonly Subnet[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
]

/** Whatever is not listed as public is not: most of IPv6 is reserved. */
const PUBLIC_IPV6: Subnet = ['2000::', 3]
/** Parts of it that carry other addresses inside, or stand for none. */
const IPV6: readonly Subnet[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
]

/** Addresses of no machine; a connection to them is one to this machine. */
const UNSPECIFIED = ['0.0.0.0', '::']

const notPublicV4 = listOf(IPV4, 'ipv4')
const publicV6 = listOf([PUBLIC_IPV6], 'ipv6')
const notPublicV6 = listOf(IPV6, 'ipv6')

/** Whether an IP address is one of the Internet at large. */
export function isPublicAddress(address: string): boolean {
  const written = canonical(address)
  const family = isIP(written)
  if (family === 4) return !notPublicV4.check(written, 'ipv4')
  return family === 6 && publicV6.check(written, 'ipv6') && !notPublicV6.check(written, 'ipv6')
}

/** Whether a connection to a host leads to this machine, also in the ways of writing it that the system understands. */
export function isThisMachine(host: string): boolean {
  const written = URL.parse(`http://${host}`)?.hostname ?? host
  const name = canonical(written.replace(/^\[(.*)\]$/, '$1').replace(/(\.|%.*)$/, ''))
  return isLoopback(name) || UNSPECIFIED.includes(name) || /.\.localhost$/i.test(name)
}

/** What may be reached although it is not public. */
export interface AllowedAddresses {
  isHostAllowed(host: string): boolean
  isAddressAllowed(address: string): boolean
}

/**
 * @param entries names of hosts, addresses and subnets, such as `hooks.internal`, `10.1.2.3` or `10.1.0.0/16`
 * @throws BackbeatError `invalid_address`
 */
export function allowedAddresses(entries: readonly string[]): AllowedAddresses {
  const hosts = new Set<string>()
  const list = new BlockList()
  for (const entry of entries) {
    const [network = '', prefix] = entry.split('/')
    const family = isIP(network)
    const bits = Number(prefix ?? (family === 4 ? 32 : 128))
    const isNumber = prefix === undefined || /^\d{1,3}$/.test(prefix)
    if (family !== 0 && isNumber && bits <= (family === 4 ? 32 : 128)) {
      list.addSubnet(network, bits, family === 4 ? 'ipv4' : 'ipv6')
    } else if (family === 0 && prefix === undefined && /^[\w.-]{1,253}$/.test(network)) {
      hosts.add(network.toLowerCase())
    } else {
      throw new BackbeatError(
        'invalid_address',
        `"${entry}" is no host, address or subnet. Write hooks.internal, 10.1.2.3 or 10.1.0.0/16.`,
      )
    }
  }
  return {
    isHostAllowed: (host) => hosts.has(host.toLowerCase()),
    isAddressAllowed: (address) => list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4'),
  }
}

/**
 * What to count an address as where one client must not count as many: an IPv6 address as its /64, all of
 * which one client mostly has; an IPv4 address as itself, also where it is written as one of IPv6.
 *
 * @example
 * networkOf('2a00:1450:4001:81b::200e') // '2a00:1450:4001:81b::/64'
 */
export function networkOf(address: string): string {
  const written = canonical(address.replace(/%.*$/, ''))
  const family = isIP(written)
  if (family !== 6) return family === 4 ? written : address
  const [head = '', tail] = written.split('::')
  const groups = head.split(':').filter((group) => group !== '')
  const rest = tail?.split(':') ?? []
  const zeros = Array.from({ length: 8 - groups.length - rest.length }, () => '0')
  return `${[...groups, ...zeros, ...rest].slice(0, 4).join(':')}::/64`
}

function listOf(subnets: readonly Subnet[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList()
  for (const [network, prefix] of subnets) list.addSubnet(network, prefix, family)
  return list
}

/** An IPv6 address as a URL writes it, or the IPv4 address inside it; anything else as it is. */
function canonical(address: string): string {
  if (isIP(address) !== 6 || address.includes('%')) return address
  const written = new URL(`http://[${address}]`).hostname.slice(1, -1)
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(written) ?? []
  if (high === undefined || low === undefined) return written
  const [a, b] = [Number.parseInt(high, 16), Number.parseInt(low, 16)]
  return `${a >> 8}.${a & 255}.${b >> 8}.${b & 255}`
}
