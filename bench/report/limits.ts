import { LIMITS } from '../contender.ts'
import type { Figure } from './figures.ts'
import { type Goal, goalsOf } from './goals.ts'

/** How near Backbeat is to the limit, in what a goal is about. */
export interface Limit extends Pick<Goal, 'goal' | 'compare' | 'bound' | 'unit'> {
  actual: number
  /** What would be measured if Backbeat did no more than the limit of its database does. */
  limit: number
  /** 1 where Backbeat is at the limit, whether more or less is better. */
  share: number
  /** Whether the limit itself would meet the goal. */
  isGoalWithin: boolean
}

/** For each goal that was measured of Backbeat and of the limit. */
export function limitsOf(figures: readonly Figure[]): Limit[] {
  const atLimit = new Map(goalsOf(inPlaceOfBackbeat(figures)).map((goal) => [goal.goal, goal]))
  return goalsOf(figures).flatMap(({ goal, actual, compare, bound, unit }) => {
    const { actual: limit = null, met } = atLimit.get(goal) ?? {}
    if (actual === null || limit === null) return []
    const share = compare === 'at least' ? actual / limit : limit / actual
    return [{ goal, compare, bound, unit, actual, limit, share, isGoalWithin: met === true }]
  })
}

/** As if the limit were Backbeat. Growth compares it with itself, which has no limit to be near to. */
function inPlaceOfBackbeat(figures: readonly Figure[]): Figure[] {
  return figures.flatMap((figure) => {
    const contender = LIMITS[figure.contender]
    if (contender !== undefined) return figure.metric === 'rate once started' ? [] : [{ ...figure, contender }]
    return figure.contender.startsWith('backbeat-') ? [] : [figure]
  })
}
