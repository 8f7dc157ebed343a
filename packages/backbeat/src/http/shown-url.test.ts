import { expect, test } from 'vitest'
import { shownUrl } from './shown-url.ts'

test.each([
  ['sqlite:/var/lib/jobs.db', 'sqlite:/var/lib/jobs.db'],
  ['sqlite:memory:abc?synchronous=full', 'sqlite:memory:abc'],
  ['postgres://app:secret@db.internal:5432/app?schema=jobs', 'postgres://db.internal:5432/app'],
  ['postgres://app:se@cret@db/app?password=secret', 'postgres://db/app'],
  ['postgresql:///app?host=/run&user=u&password=secret', 'postgresql:///app'],
  ['amqps://user@mq', 'amqps://mq'],
])('%s is shown as %s', (url, shown) => {
  expect(shownUrl(url)).toBe(shown)
})
