import { median } from './statistics.ts'

export type Unit = 'jobs/s' | 'items/s' | 'ms' | 'MB' | 's'

/** What was measured of one contender in one case. */
export interface Figure {
  measure: string
  contender: string
  /** The case, as people read it. */
  case: string
  /** The case, as programs read it. */
  jobs?: number
  workers?: number
  history?: number
  metric: string
  unit: Unit
  /** One for each repetition. */
  values: number[]
  median: number
  lowest: number
  highest: number
  /** What a reader must know besides. */
  note?: string
}

export type FigureKey = Omit<Figure, 'values' | 'median' | 'lowest' | 'highest'>

/** Gathers figures while the bench runs. */
export class Figures {
  readonly all: Figure[] = []

  /** One more repetition. */
  add(key: FigureKey, value: number): void {
    let figure = this.all.find((each) => isSame(each, key))
    if (!figure) {
      figure = { ...key, values: [], median: 0, lowest: 0, highest: 0 }
      this.all.push(figure)
    }
    figure.values.push(value)
    figure.median = median(figure.values)
    figure.lowest = Math.min(...figure.values)
    figure.highest = Math.max(...figure.values)
  }
}

function isSame(a: FigureKey, b: FigureKey): boolean {
  return a.measure === b.measure && a.contender === b.contender && a.case === b.case && a.metric === b.metric
}
