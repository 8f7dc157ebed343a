import { serve } from '@hono/node-server'
import { openHttp, TOKEN } from './http.harness.ts'
import { parseJson } from './json-text.ts'
import { task } from '../task/define.ts'
import { z } from 'zod'
import net from 'node:net'
const big = JSON.stringify(Array.from({length:20000},(_,i)=>({id:i,name:'row '+i,price:i/7})))
let t=0
const lossy = big.replace('[', '[12345678901234567000,'); t=performance.now();parseJson(lossy);console.log('with large', performance.now()-t)
t=performance.now(); try{parseJson('['.repeat(524288)+']'.repeat(524288))}catch{}; console.log('deep', performance.now()-t)
const http = await openHttp({}, [task({name:'demo.map', input: z.record(z.string(), z.array(z.string())), run: () => undefined})])
const server = serve({ fetch: async (r: Request) => { const a = await http.fetch(r); return new Response(a.text, { status: a.status, headers: a.headers }) }, port: 0 })
const port = (server.address() as any).port
const raw = (text: string, more?: (s: net.Socket)=>void) => new Promise<string>((res) => { const s = net.connect(port); let out=''; s.on('data', d => { out += d }); s.on('close', () => res(out)); s.on('error', e => res(out + ' ERR ' + e.message)); s.write(text); more?.(s); setTimeout(() => s.destroy(), 1500) })
const H = `Host: x\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Type: application/json\r\n`
console.log((await raw(`POST /api/v1/demo/map HTTP/1.1\r\n${H}Content-Length: 99999999\r\n\r\n{`)).slice(0,400))
console.log((await raw(`POST /api/v1/demo/map HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\n`, s => { for (let i=0;i<40;i++) s.write('10000\r\n'+' '.repeat(65536)+'\r\n') })).slice(0,400))
console.log((await raw(`POST /api/v1/demo/map HTTP/1.1\r\n${H}Content-Length: 2\r\n\r\n{}`)).slice(0,400))
console.log((await raw(`POST /api/v1/demo/map HTTP/1.1\r\n${H}Content-Length: 20\r\n\r\n{`, s => s.end())).slice(0,400), http.logged)
console.log((await raw(`GET //api/v1/../../x?%00 HTTP/1.1\r\n${H}\r\n`)).slice(0,300))
server.close()
for (const n of [1000, 20000, 100000]) { t=performance.now(); const a = await http.trigger('demo/map', `{"${'k'.repeat(n === 100000 ? 500000 : 20000)}":[${'1,'.repeat(n)}1]}`); console.log(n, a.status, a.text.length, performance.now()-t, process.memoryUsage().rss/1e6) }
