import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { allowedAddresses, isPublicAddress, networkOf } from './addresses.ts'
import { createGuardedFetch, guardedFetch, type Lookup } from './guarded-fetch.ts'

/** A server on this machine, and what it was asked. */
async function serve(listener: RequestListener = (_request, response) => response.end('hello')) {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.headers.host}${request.url}`)
    listener(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, asked }
}

const refused = expect.objectContaining({ code: 'address_not_allowed' })
const at =
  (...addresses: string[]): Lookup =>
  async () =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))

describe('an address', () => {
  test.each([
    ['10.1.2.3', '10.1.2.3'],
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['::FFFF:a01:203', '10.1.2.3'],
    ['2A00:1450:4001:81B::200e', '2a00:1450:4001:81b::/64'],
    ['2a00::1:2:3:4:5', '2a00:0:0:1::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['unknown', 'unknown'],
  ])('%s belongs to %s', (address, network) => {
    expect(networkOf(address)).toBe(network)
  })

  test.each([
    ...[
      '127.0.0.1',
      '127.255.0.9',
      '0.0.0.0',
      '10.1.2.3',
      '172.16.0.1',
      '172.31.255.255',
      '192.168.1.1',
      '169.254.169.254',
    ],
    ...['100.100.100.200', '192.0.0.192', '198.18.0.1', '224.0.0.1', '239.1.1.1', '255.255.255.255', '240.0.0.1'],
    ...[
      '::1',
      '::',
      'fe80::1',
      'fc00::1',
      'fd00:ec2::254',
      'ff02::1',
      '::ffff:10.0.0.1',
      '::ffff:7f00:1',
      '::127.0.0.1',
    ],
    ...['64:ff9b::a00:1', '2002:7f00:1::', '2001:db8::1', '2001::1', '100::1', 'fe80::1%eth0', 'localhost', ''],
  ])('%s is not public', (address) => {
    expect(isPublicAddress(address)).toBe(false)
  })

  test.each([
    '1.1.1.1',
    '93.184.216.34',
    '172.32.0.1',
    '100.128.0.1',
    '2606:4700::1111',
    '2a00:1450::1',
    '::ffff:1.1.1.1',
  ])('%s is public', (address) => {
    expect(isPublicAddress(address)).toBe(true)
  })

  test('is allowed by itself, by its subnet or by the name of its host', () => {
    const allowed = allowedAddresses(['10.1.0.0/16', '192.168.1.5', 'fd00::/8', 'Hooks.internal'])
    expect(['10.1.9.9', '192.168.1.5', 'fd12::1'].map(allowed.isAddressAllowed)).toEqual([true, true, true])
    expect(['10.2.0.1', '192.168.1.6', 'fe80::1'].map(allowed.isAddressAllowed)).toEqual([false, false, false])
    expect(['hooks.internal', 'internal'].map(allowed.isHostAllowed)).toEqual([true, false])
  })

  test.each(['10.0.0.0/33', '10.0.0.0/x', 'a/8', 'a b', '', 'http://a'])('"%s" cannot be allowed', (entry) => {
    expect(() => allowedAddresses([entry])).toThrow(expect.objectContaining({ code: 'invalid_address' }))
  })
})

describe('a guarded fetch', () => {
  test('reaches nothing of this machine, however it is written', async () => {
    const { port, asked } = await serve()
    const hosts = [
      '127.0.0.1',
      'localhost',
      '[::1]',
      '2130706433',
      '0x7f.1',
      '0177.0.0.1',
      '127.1',
      '[::ffff:127.0.0.1]',
      '0.0.0.0',
    ]
    for (const host of hosts) {
      const error = await guardedFetch(`http://${host}:${port}/`).catch((thrown) => thrown)
      expect([host, error]).toEqual([host, refused])
    }
    expect(asked).toEqual([])
  })

  test('reaches what is allowed by name or address', async () => {
    const { port } = await serve()
    for (const [allow, host] of [
      [['127.0.0.0/8'], '127.0.0.1'],
      [['localhost'], 'localhost'],
      [['hooks.internal'], 'hooks.internal'],
    ] as const) {
      const fetchIt = createGuardedFetch({ allow, lookup: at('127.0.0.1') })
      expect(await (await fetchIt(`http://${host}:${port}/`)).text()).toBe('hello')
    }
  })

  test('does not believe a name that leads to this machine, nor one that changes what it leads to', async () => {
    const { port, asked } = await serve()
    const answers = [['1.1.1.1'], ['127.0.0.1']]
    const rebinding: Lookup = async (host) => at(...(answers.pop() ?? []))(host)
    const fetchIt = createGuardedFetch({ lookup: rebinding })
    await expect(fetchIt(`http://innocent.example:${port}/`)).rejects.toEqual(refused)
    expect(answers).toHaveLength(1)
    await expect(createGuardedFetch({ lookup: at('127.0.0.1', '10.0.0.1') })('http://a.example/')).rejects.toEqual(
      refused,
    )
    expect(asked).toEqual([])
  })

  test('does not follow a redirect to where it may not go', async () => {
    const inner = await serve()
    for (const location of [`http://127.0.0.1:${inner.port}/`, `http://inner.example:${inner.port}/`]) {
      const { port, asked } = await serve((_request, response) => response.writeHead(302, { location }).end())
      const fetchIt = createGuardedFetch({
        allow: ['outer.example'],
        lookup: at('127.0.0.1'),
      })
      await expect(fetchIt(`http://outer.example:${port}/`)).rejects.toEqual(refused)
      expect(asked).toHaveLength(1)
    }
    expect(inner.asked).toEqual([])
  })

  test.each(['file:///etc/passwd', 'ftp://example.com', 'data:text/plain,x', 'nothing', ''])(
    'has no use for %s',
    async (url) => {
      await expect(guardedFetch(url)).rejects.toMatchObject({ code: 'invalid_url' })
    },
  )

  test('ends when its signal does, and says why a name cannot be found', async () => {
    const { port } = await serve(() => {})
    const fetchIt = createGuardedFetch({ allow: ['127.0.0.1'] })
    const controller = new AbortController()
    const waiting = fetchIt(`http://127.0.0.1:${port}/`, { signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    const unknown = createGuardedFetch({
      lookup: () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' })),
    })
    await expect(unknown('http://a.example/')).rejects.toMatchObject({ cause: { code: 'ENOTFOUND' } })
  })
})
