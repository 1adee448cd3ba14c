import { Command } from "commander";
import { expect, test } from "vitest";
import { addAttestationOptions, readAttestations } from "./attestations.ts";

const read = (...args: string[]) => {
  const command = addAttestationOptions(new Command()).parse(args, { from: "user" });
  return Object.fromEntries(readAttestations(command.opts()));
};

test("attestations are asked for as in buildx, and the last word on one counts", () => {
  expect(read()).toEqual({});
  expect(read("--provenance=true", "--sbom", "generator=host/scanner:1")).toEqual({
    provenance: "",
    sbom: "generator=host/scanner:1",
  });
  expect(read("--attest", "type=provenance,mode=max,version=v1", "--attest=type=sbom")).toEqual({
    provenance: "mode=max,version=v1",
    sbom: "",
  });
  expect(read("--attest", "type=provenance,mode=max", "--provenance=false")).toEqual({});
  expect(read("--attest", "type=provenance,mode=max", "--attest", "type=provenance,disabled=true")).toEqual({});
  expect(read("--attest", "type=sbom,disabled=false")).toEqual({ sbom: "" });
});

test("what is no attestation is refused", () => {
  expect(() => read("--attest", "type=nothing")).toThrow("--attest type=nothing: type= is sbom or provenance");
  expect(() => read("--provenance", "max")).toThrow('"max" is not that');
});
