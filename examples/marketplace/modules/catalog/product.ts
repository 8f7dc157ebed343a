/** What a feed says about one product. */
export interface Product {
  sku: string
  /** Empty where the feed does not say; a title that the shop knows already is kept then. */
  title: string
  description: string
  /** In hundredths of the shop's currency. */
  priceCents: number
  /** Null where the feed does not say. */
  stock: number | null
}

export const MAX_SKU_LENGTH = 64
export const MAX_TITLE_LENGTH = 300
export const MAX_DESCRIPTION_LENGTH = 5000
const MAX_UNITS_DIGITS = 9

/** A price in hundredths, or why it is none. Decimal point or comma; never through a float. */
export type ParsedPrice = { cents: number } | { fault: string }

export function parsePrice(text: string): ParsedPrice {
  if (text === '') return { fault: 'the price is missing' }
  const match = /^([+-]?)(\d+)(?:[.,](\d+))?$/.exec(text)
  if (!match) return { fault: `the price ${quoted(text)} is not a number such as 9.99` }
  const [, sign, units = '', decimals = ''] = match
  const hundredths = decimals.replace(/0+$/, '')
  if (hundredths.length > 2) return { fault: `the price ${quoted(text)} has more than two decimals` }
  if (units.replace(/^0+/, '').length > MAX_UNITS_DIGITS) return { fault: `the price ${quoted(text)} is too high` }
  const cents = Number(units) * 100 + Number(hundredths.padEnd(2, '0'))
  if (sign === '-' && cents > 0) return { fault: `the price ${quoted(text)} is negative` }
  return { cents }
}

export type ParsedStock = { stock: number | null } | { fault: string }

export function parseStock(text: string): ParsedStock {
  if (text === '') return { stock: null }
  if (/^\d{1,9}$/.test(text)) return { stock: Number(text) }
  return { fault: `the stock ${quoted(text)} is not a whole number such as 12` }
}

/** A value of the feed as an error shows it. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40).toWellFormed()}…` : text)
}
