// Makes one script of the chunks that esbuild has split modules into.
import { basename } from "node:path";
import { transform } from "esbuild";

/**
 * Joins chunks to one script, in which each is a function that runs when it is first imported.
 *
 * V8 keeps no code of functions that did not run, and nothing of what is within them; in a bundle that esbuild makes by
 * itself, the functions of all modules stand side by side, and each takes its part of the time and the memory.
 *
 * @param chunks what esbuild made with `splitting`, as ES modules
 * @param entry the name of the chunk whose exports are the script's
 * @param options how esbuild makes a module a script; `banner` is what stands before everything
 */
export async function joinChunks(chunks, entry, { banner, ...options }) {
  const names = chunks.map(({ path }) => `./${basename(path)}`);
  const parts = await Promise.all(
    chunks.map(
      async ({ text }, at) => `${JSON.stringify(names[at])}(module,exports,require,__part){${await toPart(text)}}`,
    ),
  );
  return `${banner.js}const __parts={${parts.join(",\n")}};${runParts}module.exports=__import(${JSON.stringify(`./${entry}`)});\n`;

  async function toPart(text) {
    const [statement, list] = /export\{([^{}]*)\};\s*$/.exec(text) ?? [];
    // What was CommonJS has one export, its default, which esbuild knows how to write.
    const body = statement === undefined ? text : `${exportsOf(list)}${text.slice(0, text.lastIndexOf(statement))}`;
    const { code } = await transform(importParts(body), options);
    if (statement !== undefined && code.includes("__toCommonJS(")) throw new Error("a chunk exports in two ways");
    return code;
  }

  /** What is imported when it is needed is a part too, and its exports need no copy. */
  function importParts(text) {
    return text.replace(/\bimport\("([^"]+)"\)/g, (found, name) =>
      names.includes(name) ? `Promise.resolve().then(()=>require("${name}"))` : found,
    );
  }
}

/**
 * The exports, as they are when they are asked for: a variable may get its value later.
 *
 * They are given by a name of our own, since esbuild takes `module` for a mistake in an ES module.
 */
function exportsOf(list) {
  const getters = list.split(",").map((each) => {
    const [local, exported = local] = each.split(" as ");
    return `get ${exported}(){return ${local}}`;
  });
  return `__part.exports={${getters.join(",")}};`;
}

const runParts = `const __made=new Map(),__import=name=>{
  if(!Object.hasOwn(__parts,name))return require(name);
  let part=__made.get(name);
  if(part===undefined){__made.set(name,part={exports:{}});__parts[name](part,part.exports,__import,part)}
  return part.exports
};`.replaceAll(/\n\s*/g, "");
