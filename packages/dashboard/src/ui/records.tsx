import { useMediaQuery } from '@mantine/hooks'
import type { ReactNode } from 'react'
import { Table } from './table.tsx'

export interface Field<Row> {
  label: string
  cell: (row: Row) => ReactNode
  isRight?: boolean
  /** Where it stands on a narrow screen: at the head of its card, beside that, across its foot; else among the facts. */
  place?: 'title' | 'state' | 'actions' | 'wide'
}

interface RecordsProps<Row> {
  label: string
  rows: readonly Row[]
  fields: readonly Field<Row>[]
  keyOf: (row: Row) => string | number
}

/** A few records: a table where there is room for one, else a card for each, so that nothing lies out of sight. */
export function Records<Row>({ label, rows, fields, keyOf }: RecordsProps<Row>) {
  const isNarrow = useMediaQuery('(max-width: 62em)', window.innerWidth < 992, { getInitialValueInEffect: false })
  if (isNarrow) {
    return (
      <ul className="cards" aria-label={label}>
        {rows.map((row) => (
          <Card key={keyOf(row)} row={row} fields={fields} />
        ))}
      </ul>
    )
  }
  return (
    <Table label={label} headings={fields}>
      {rows.map((row) => (
        <tr key={keyOf(row)}>
          {fields.map((field) => (
            <td key={field.label} className={field.isRight ? 'right' : ''}>
              {field.place === 'actions' ? <div className="actions">{field.cell(row)}</div> : field.cell(row)}
            </td>
          ))}
        </tr>
      ))}
    </Table>
  )
}

function Card<Row>({ row, fields }: { row: Row; fields: readonly Field<Row>[] }) {
  const at = (place: Field<Row>['place']) => fields.filter((field) => field.place === place)
  const facts = at(undefined)
  return (
    <li className="panel card">
      <div className="card-head">
        {at('title').map((field) => (
          <strong key={field.label}>{field.cell(row)}</strong>
        ))}
        {at('state').map((field) => (
          <span key={field.label}>{field.cell(row)}</span>
        ))}
      </div>
      {facts.length > 0 && (
        <dl className="facts">
          {facts.map((field) => (
            <div key={field.label}>
              <dt>{field.label}</dt>
              <dd>{field.cell(row)}</dd>
            </div>
          ))}
        </dl>
      )}
      {at('wide').map((field) => (
        <div key={field.label}>{field.cell(row)}</div>
      ))}
      {at('actions').map((field) => (
        <div key={field.label} className="actions">
          {field.cell(row)}
        </div>
      ))}
    </li>
  )
}
