/** How many rows of the sample feed are wrong, by what is wrong with them. */
export const SAMPLE_FAULTS = {
  missingPrice: 16,
  unreadablePrice: 3,
  negativePrice: 2,
  missingSku: 3,
  tooManyColumns: 4,
  tooFewColumns: 3,
  wrongEncoding: 6,
  openQuote: 1,
} as const

type Fault = keyof typeof SAMPLE_FAULTS

export const SAMPLE_FAULTY_ROWS = Object.values(SAMPLE_FAULTS).reduce((sum, rows) => sum + rows, 0)
export const SAMPLE_ROWS = 5_400
/** A feed of the same kind that takes long enough to watch. */
export const LARGE_SAMPLE_ROWS = 100_000

const SEED = 20_101_201
const ROWS_PER_CHUNK = 200

const MATERIALS = [
  'Oak',
  'Walnut',
  'Linen',
  'Wool',
  'Brass',
  'Glass',
  'Porcelain',
  'Felt',
  'Cork',
  'Birch',
  'Köper',
  'Leder',
]
const KINDS = [
  'Kerzenständer',
  'Lantern',
  'Tea Towel',
  'Müslischale',
  'Desk Lamp',
  'Garderobe',
  'Crème Brûlée Set',
  'Picture Frame',
  'Blumenübertopf',
  'Cushion',
  'Smørrebrød Board',
  'Wall Clock',
]
const COLOURS = ['weiß', 'grün', 'natural', 'charcoal', 'rosé', 'blue', 'gelb', 'black']

/** The sample feed, in chunks. The same number of rows gives the same bytes, each time. */
export function* sampleFeed(rows: number = SAMPLE_ROWS): Generator<Uint8Array<ArrayBuffer>> {
  const random = randomNumbers(SEED)
  const faults = placeFaults(rows, random)
  let chunk: Uint8Array[] = [Buffer.from('sku,title,description,price,stock\r\n')]
  for (let row = 0; row < rows; row += 1) {
    chunk.push(rowBytes(row, faults.get(row), random))
    if (chunk.length < ROWS_PER_CHUNK) continue
    yield Buffer.concat(chunk)
    chunk = []
  }
  if (chunk.length > 0) yield Buffer.concat(chunk)
}

function placeFaults(rows: number, random: () => number): Map<number, Fault> {
  if (rows < 2 * SAMPLE_FAULTY_ROWS) throw new RangeError(`A sample feed has at least ${2 * SAMPLE_FAULTY_ROWS} rows.`)
  const places = new Map<number, Fault>()
  for (const [fault, times] of Object.entries(SAMPLE_FAULTS) as [Fault, number][]) {
    for (let placed = 0; placed < times; ) {
      const row = Math.floor(random() * rows)
      if (places.has(row)) continue
      places.set(row, fault)
      placed += 1
    }
  }
  return places
}

function rowBytes(row: number, fault: Fault | undefined, random: () => number): Uint8Array {
  const pick = (words: readonly string[]) => words[Math.floor(random() * words.length)] as string
  const sku = `NO-${String(row + 1).padStart(6, '0')}`
  const title = `${pick(MATERIALS)} ${pick(KINDS)}, ${pick(COLOURS)}`
  const size = 5 + Math.floor(random() * 90)
  const price = (1 + random() * 250).toFixed(2)
  const stock = String(Math.floor(random() * 400))
  const cells = [sku, quote(title), describe(row, size), price, stock]
  const line = faultyLine(cells, fault)
  return Buffer.from(`${line}\r\n`, fault === 'wrongEncoding' ? 'latin1' : 'utf8')
}

/** Now and then a description with quotes, or one of several lines. */
function describe(row: number, size: number): string {
  if (row % 97 === 0) return quote(`Handmade.\r\nHeight: ${size} cm\r\nCare: wipe clean, no "hot" water`)
  if (row % 11 === 0) return quote(`The ${size}" one, for the hall`)
  return `${size} cm`
}

function faultyLine(cells: string[], fault: Fault | undefined): string {
  const [sku = '', title = '', , price = '', stock = ''] = cells
  switch (fault) {
    case undefined:
      return cells.join(',')
    case 'missingPrice':
      return [sku, title, '', '', stock].join(',')
    case 'unreadablePrice':
      return [sku, title, '', 'on request', stock].join(',')
    case 'negativePrice':
      return [sku, title, '', `-${price}`, stock].join(',')
    case 'missingSku':
      return ['', title, '', price, stock].join(',')
    case 'tooManyColumns':
      return [sku, title, '', price, stock, 'seasonal'].join(',')
    case 'tooFewColumns':
      return [sku, title, price].join(',')
    case 'wrongEncoding':
      return [sku, quote('Blumenübertopf, grün'), '', price, stock].join(',')
    case 'openQuote':
      return [sku, '"Picture Frame', '', price, stock].join(',')
  }
}

function quote(text: string): string {
  return `"${text.replaceAll('"', '""')}"`
}

/** Mulberry32: a small generator of numbers from 0 up to 1 whose sequence depends on the seed alone. */
function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
