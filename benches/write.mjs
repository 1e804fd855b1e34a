// Writes the plots and tables anew from the committed results, without measuring: node benches/write.mjs

import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { FAMILIES } from "./families/all.mjs";
import { writeDocuments } from "./report/documents.mjs";

writeDocuments(dirname(dirname(fileURLToPath(import.meta.url))), FAMILIES);
