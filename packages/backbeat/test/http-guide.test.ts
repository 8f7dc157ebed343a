import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { createBackbeat, task, toNodeHandler } from '../src/index.ts'

const GUIDE = new URL('../../../docs/guides/http.md', import.meta.url)
const TOKEN = 'a-token-for-tests'

const sendReceipts = task({
  name: 'shop.send_receipts',
  input: z.object({ day: z.iso.date() }),
  run: ({ day }, ctx) => ctx.items([`${day}-1`, `${day}-2`], () => undefined, { key: (order) => order }),
})

/** The guide's commands, without the comments that say what they print. */
function session(): string {
  const script = /```sh\n(.*?)```/s.exec(readFileSync(GUIDE, 'utf8'))?.[1]
  if (!script) throw new Error('The guide has no shell session')
  return script
}

test('the curl session of the guide does what it says', async () => {
  const backbeat = createBackbeat({ store: 'sqlite::memory:', tasks: [sendReceipts], adminToken: TOKEN })
  onTestFinished(() => backbeat.close())
  await backbeat.startWorker()
  const server = createServer(toNodeHandler(backbeat))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo

  expect(session().trim().split('\n')).toHaveLength(10)
  const env = { ...process.env, BACKBEAT_URL: `http://127.0.0.1:${port}`, BACKBEAT_ADMIN_TOKEN: TOKEN }
  const shell = spawn('bash', ['-euo', 'pipefail', '-c', session()], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(() => void shell.kill())
  const [output, errors] = await Promise.all([text(shell.stdout), text(shell.stderr)])
  expect(errors).toBe('')
  expect(output.trim().split('\n')).toEqual(['completed', '422', 'It is done.', 'paused', 'open'])
})
