/** What a stranger says, fit to be shown: short, and without characters that could disturb a terminal or reverse the text around it. */
export function readable(text: string, charsMax: number): string {
  return text.slice(0, charsMax).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '')
}
