import { expect, test } from 'vitest'
import { LEAST_PASSWORD_LENGTH, randomPassword } from './password.ts'

test('makes up passwords that can be read out, are long enough, and are never the same', () => {
  const passwords = Array.from({ length: 50 }, randomPassword)
  for (const password of passwords) expect(password).toMatch(/^[a-km-np-z2-9]{5}(-[a-km-np-z2-9]{5}){3}$/)
  expect(new Set(passwords).size).toBe(50)
  expect(passwords[0]?.length).toBeGreaterThanOrEqual(LEAST_PASSWORD_LENGTH)
})
