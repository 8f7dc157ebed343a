import { type ComponentType, createContext, useContext } from 'react'
import type { Draft, Path } from './draft.ts'
import type { Field, JsonSchema } from './schema.ts'

export interface FieldInputProps {
  schema: JsonSchema
  path: Path
  value: Draft
  onValue: (value: Draft) => void
  isRequired: boolean
  label: string
  /** Without a frame of its own: what is around it has one. */
  isBare?: boolean
}

export interface PartProps<Kind extends Field['kind']> extends FieldInputProps {
  field: Field & { kind: Kind }
}

interface FormParts {
  /** What references point into. */
  root: JsonSchema
  /** What is wrong, by the place that it is about. */
  messages: ReadonlyMap<string, string>
  /** Asks for one part, whatever it is: parts hold parts. */
  Part: ComponentType<FieldInputProps>
}

export const FormContext = createContext<FormParts | null>(null)

export function useForm(): FormParts {
  const form = useContext(FormContext)
  if (!form) throw new Error('A field is asked for within a form.')
  return form
}
