/** Every named case. */
import type { Case } from './case.ts'
import { FAULTS } from './faults.ts'
import { FLOW } from './flow.ts'
import { SURROUNDINGS } from './surroundings.ts'

export const CASES: readonly Case[] = [...FLOW, ...FAULTS, ...SURROUNDINGS]

/** @throws Error when no case has this name */
export function caseOf(name: string): Case {
  const found = CASES.find(candidate => candidate.name === name)
  if (found === undefined) throw new Error(`There is no case ${name}`)
  return found
}
