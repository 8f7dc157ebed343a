import { expect, test } from 'vitest'
import { EventParser } from './event-parser.ts'

const STREAM = [
  'retry: 3000\n\n',
  'id: 17\r\nevent: job\r\ndata: {"text":\r\ndata: "grüße"}\r\n\r\n',
  'id: 18\r: heartbeat\r\r',
  'data\nunknown: field\nevent:left\ndata:  two spaces\n\n',
  'id: a\0b\nretry: soon\ndata: kept\n\n',
  'data: cut off',
].join('')

const READ = [
  { event: null, lastEventId: '', retryMs: 3000 },
  { event: { type: 'job', data: '{"text":\n"grüße"}' }, lastEventId: '17', retryMs: 3000 },
  { event: null, lastEventId: '18', retryMs: 3000 },
  { event: { type: 'left', data: '\n two spaces' }, lastEventId: '18', retryMs: 3000 },
  { event: { type: 'message', data: 'kept' }, lastEventId: '18', retryMs: 3000 },
]

test('a stream is read as the standard says, whole or in pieces of any length', () => {
  for (let length = 1; length <= STREAM.length; length += 1) {
    const parser = new EventParser()
    const pieces = STREAM.match(new RegExp(`.{1,${length}}`, 'gs')) ?? []
    expect([length, pieces.flatMap((piece) => [...parser.read(piece)])]).toEqual([length, READ])
  }
})
