/**
 * Makes shell.drc: the shell of a sea snail (Raup's logarithmic spiral), whose colours follow a cellular automaton as those of cone snails do,
 * compressed by Draco.
 *
 *     npm install --no-save draco3d && node demo/cdn/made/shell.js
 */
import { writeFileSync } from 'node:fs'
import draco from 'draco3d'

const TURNS = 7
const ALONG = 900
const AROUND = 132
/** Growth for each radian. */
const GROWTH = 0.112

const point = (theta, s) => {
  const size = Math.exp(GROWTH * theta)
  // Ribs, and knobs on the shoulder.
  const rib =
    1 + 0.016 * Math.sin(theta * 26) + 0.1 * Math.max(0, Math.cos(s - 1.2)) ** 6 * Math.max(0, Math.sin(theta * 6)) ** 2
  const tube = 0.56 * rib
  const out = size * (0.5 + tube * Math.cos(s))
  return [out * Math.cos(theta), size * (1.32 + tube * 1.28 * Math.sin(s)) - 1.1, out * Math.sin(theta)]
}

/** Rule 30 around the shell's lip, one row as it grows: what pigment cells do to each other. */
function pigment() {
  const rows = []
  let row = Array.from({ length: AROUND }, (_, i) => (i % 29 === 0 ? 1 : 0))
  for (let i = 0; i <= ALONG; i++) {
    rows.push(row)
    if (i % 3 !== 2) continue
    const last = row
    row = last.map((cell, j) => last[(j + AROUND - 1) % AROUND] ^ (cell | last[(j + 1) % AROUND]))
  }
  return rows
}

const cells = pigment()
const places = []
const colours = []
const faces = []
for (let i = 0; i <= ALONG; i++) {
  const theta = -2 * Math.PI * TURNS * (1 - i / ALONG)
  for (let j = 0; j < AROUND; j++) {
    places.push(...point(theta, (2 * Math.PI * j) / AROUND))
    const soft =
      [-2, -1, 0, 1, 2].reduce((sum, by) => sum + cells[Math.max(0, i + by)]?.[j] * (3 - Math.abs(by)) || sum, 0) / 9
    const band = 0.5 + 0.5 * Math.sin((j / AROUND) * 6 * Math.PI)
    const dark = Math.min(1, soft) * (0.35 + 0.65 * band)
    colours.push(...[250 - 118 * dark, 232 - 158 * dark, 208 - 168 * dark].map(Math.round))
  }
}
for (let i = 0; i < ALONG; i++) {
  for (let j = 0; j < AROUND; j++) {
    const [a, b] = [i * AROUND + j, i * AROUND + ((j + 1) % AROUND)]
    faces.push(a, b, a + AROUND, b, b + AROUND, a + AROUND)
  }
}

const module = await draco.createEncoderModule({})
const builder = new module.MeshBuilder()
const mesh = new module.Mesh()
const count = places.length / 3
builder.AddFacesToMesh(mesh, faces.length / 3, new Uint32Array(faces))
builder.AddFloatAttributeToMesh(mesh, module.POSITION, count, 3, new Float32Array(places))
builder.AddUInt8Attribute(mesh, module.COLOR, count, 3, new Uint8Array(colours))
const encoder = new module.Encoder()
encoder.SetSpeedOptions(0, 0)
encoder.SetAttributeQuantization(module.POSITION, 12)
encoder.SetAttributeQuantization(module.COLOR, 6)
encoder.SetEncodingMethod(module.MESH_EDGEBREAKER_ENCODING)
const encoded = new module.DracoInt8Array()
const length = encoder.EncodeMeshToDracoBuffer(mesh, encoded)
const bytes = Buffer.from(Array.from({ length }, (_, i) => encoded.GetValue(i)))
writeFileSync(new URL('shell.drc', import.meta.url), bytes)
console.log(`${count} points, ${faces.length / 3} triangles: ${length} bytes`)
