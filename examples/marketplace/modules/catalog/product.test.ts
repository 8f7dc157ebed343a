import { expect, test } from 'vitest'
import { parsePrice, parseStock } from './product.ts'

test.each([
  ['9.99', 999],
  ['9,99', 999],
  ['12', 1200],
  ['0', 0],
  ['0.0', 0],
  ['-0.00', 0],
  ['2.5', 250],
  ['2.5500', 255],
  ['19.99', 1999],
  ['1.15', 115],
  ['999999999.99', 99_999_999_999],
])('reads the price %s as %i hundredths', (text, cents) => {
  expect(parsePrice(text)).toEqual({ cents })
})

test.each([
  ['', 'the price is missing'],
  ['free', 'the price "free" is not a number such as 9.99'],
  ['1,234.50', 'the price "1,234.50" is not a number such as 9.99'],
  ['1e3', 'the price "1e3" is not a number such as 9.99'],
  ['9.999', 'the price "9.999" has more than two decimals'],
  ['-4.20', 'the price "-4.20" is negative'],
  ['1000000000', 'the price "1000000000" is too high'],
  ['x'.repeat(50), `the price "${'x'.repeat(40)}…" is not a number such as 9.99`],
])('refuses the price "%s"', (text, fault) => {
  expect(parsePrice(text)).toEqual({ fault })
})

test('every number of hundredths is read back exactly', () => {
  for (let cents = 0; cents < 99_999_999_999; cents = Math.ceil(cents * 1.01) + 1) {
    const digits = String(cents).padStart(3, '0')
    expect(parsePrice(`${digits.slice(0, -2)}.${digits.slice(-2)}`)).toEqual({ cents })
  }
})

test('a stock is a whole number, or not said', () => {
  expect(parseStock('12')).toEqual({ stock: 12 })
  expect(parseStock('')).toEqual({ stock: null })
  expect(parseStock('-1')).toHaveProperty('fault')
  expect(parseStock('some')).toHaveProperty('fault')
})
