CREATE TABLE "attachments" (
   "id" TEXT PRIMARY KEY,
   "type" TEXT,
   "path" TEXT,
   "url" TEXT,
   "content" BLOB
);
CREATE TABLE "schemas" (
   "id" TEXT PRIMARY KEY,
   "content" TEXT
);
CREATE TABLE "tools" (
   "id" INTEGER PRIMARY KEY,
   "hash" TEXT,
   "name" TEXT,
   "description" TEXT,
   "input_schema" TEXT
, "plugin" TEXT);
CREATE TABLE "messages" (
   "hash" TEXT PRIMARY KEY,
   "parent_hash" TEXT REFERENCES "messages"("hash"),
   "role" TEXT,
   "provider_metadata" TEXT
);
CREATE TABLE "parts" (
   "id" INTEGER PRIMARY KEY,
   "message_hash" TEXT REFERENCES "messages"("hash"),
   "position" INTEGER,
   "type" TEXT,
   "tool_name" TEXT,
   "text" TEXT,
   "payload" TEXT
);
CREATE TABLE "part_attachments" (
   "part_id" INTEGER REFERENCES "parts"("id"),
   "attachment_id" TEXT REFERENCES "attachments"("id"),
   "order" INTEGER,
   PRIMARY KEY ("part_id", "attachment_id", "order")
);
CREATE TABLE "part_fragments" (
   "part_id" INTEGER REFERENCES "parts"("id"),
   "fragment_id" INTEGER REFERENCES "fragments"("id"),
   "order" INTEGER,
   PRIMARY KEY ("part_id", "fragment_id", "order")
);
CREATE TABLE "fragments" (
   "id" INTEGER PRIMARY KEY,
   "hash" TEXT,
   "content" TEXT,
   "datetime_utc" TEXT,
   "source" TEXT
);
CREATE TABLE "threads" (
   "id" TEXT PRIMARY KEY,
   "name" TEXT,
   "tip_message_hash" TEXT REFERENCES "messages"("hash"),
   "forked_from" TEXT REFERENCES "threads"("id"),
   "datetime_utc" TEXT
);
CREATE TABLE "turns" (
   "id" TEXT PRIMARY KEY,
   "thread_id" TEXT REFERENCES "threads"("id"),
   "parent_message_hash" TEXT REFERENCES "messages"("hash"),
   "tip_message_hash" TEXT REFERENCES "messages"("hash"),
   "model" TEXT,
   "resolved_model" TEXT,
   "options_json" TEXT,
   "schema_id" TEXT REFERENCES "schemas"("id"),
   "input_tokens" INTEGER,
   "output_tokens" INTEGER,
   "token_details" TEXT,
   "duration_ms" INTEGER,
   "datetime_utc" TEXT
, "response_json" TEXT);
CREATE TABLE "turn_tools" (
   "turn_id" TEXT REFERENCES "turns"("id"),
   "tool_id" INTEGER REFERENCES "tools"("id"),
   "instance_id" INTEGER REFERENCES "tool_instances"("id"),
   PRIMARY KEY ("turn_id", "tool_id")
);
CREATE TABLE "responses" (
   "id" TEXT PRIMARY KEY,
   "model" TEXT,
   "prompt" TEXT,
   "system" TEXT,
   "prompt_json" TEXT,
   "options_json" TEXT,
   "response" TEXT,
   "response_json" TEXT,
   "conversation_id" TEXT REFERENCES "conversations"("id"),
   "duration_ms" INTEGER,
   "datetime_utc" TEXT,
   "input_tokens" INTEGER,
   "output_tokens" INTEGER,
   "token_details" TEXT,
   "schema_id" TEXT REFERENCES "schemas"("id")
, "resolved_model" TEXT, "reasoning" TEXT);
CREATE TABLE "conversations" (
   "id" TEXT PRIMARY KEY,
   "name" TEXT,
   "model" TEXT
);
INSERT INTO "attachments" VALUES('6b7fa434f92a8b80aab02d9bf1a12e49ffcae424e4013a1c4f68b67e3d2bbcd0','image/png',NULL,NULL,X'89504E470D0A1A0A0000000D49484452000000010000000108060000001F15C4890000000D4944415478DA6364F8CF500F00038601805A347D6B0000000049454E44AE426082');
INSERT INTO "messages" VALUES('b2:32cb3af67079be8aeafd8b05763f32c1',NULL,'system',NULL);
INSERT INTO "messages" VALUES('b2:b36c298fa1d99cf6f61d29ac1387cb17','b2:32cb3af67079be8aeafd8b05763f32c1','user',NULL);
INSERT INTO "messages" VALUES('b2:58369d3a8e2a92de5b7951473e4ffd4d','b2:b36c298fa1d99cf6f61d29ac1387cb17','assistant',NULL);
INSERT INTO "messages" VALUES('b2:eafff8e0d1d5d87508acac83e44888f3','b2:58369d3a8e2a92de5b7951473e4ffd4d','user',NULL);
INSERT INTO "messages" VALUES('b2:054464d5e3d469054bd6b4dfb8c90e07','b2:eafff8e0d1d5d87508acac83e44888f3','assistant',NULL);
INSERT INTO "messages" VALUES('b2:b3769e10cf5b0f6c911bb1b9b89d3eee',NULL,'user',NULL);
INSERT INTO "messages" VALUES('b2:107fe500fa0492ba05d65b4a5fd7c121','b2:b3769e10cf5b0f6c911bb1b9b89d3eee','assistant',NULL);
INSERT INTO "messages" VALUES('b2:d6aec5249c3f7fba956506e641fa1017','b2:107fe500fa0492ba05d65b4a5fd7c121','tool',NULL);
INSERT INTO "messages" VALUES('b2:055c201606e59b5206ee51c70a2f4c5e','b2:d6aec5249c3f7fba956506e641fa1017','assistant',NULL);
INSERT INTO "messages" VALUES('b2:5d4355b4fd66f1b05765a071b2bcf1a7',NULL,'user',NULL);
INSERT INTO "messages" VALUES('b2:e927cb9ba8ce7301dc9f4ec8a14c2f3b','b2:5d4355b4fd66f1b05765a071b2bcf1a7','assistant',NULL);
INSERT INTO "part_attachments" VALUES(12,'6b7fa434f92a8b80aab02d9bf1a12e49ffcae424e4013a1c4f68b67e3d2bbcd0',0);
INSERT INTO "parts" VALUES(1,'b2:32cb3af67079be8aeafd8b05763f32c1',0,'text',NULL,'be brief',NULL);
INSERT INTO "parts" VALUES(2,'b2:b36c298fa1d99cf6f61d29ac1387cb17',0,'text',NULL,'hi there',NULL);
INSERT INTO "parts" VALUES(3,'b2:58369d3a8e2a92de5b7951473e4ffd4d',0,'text',NULL,'echo: hi there',NULL);
INSERT INTO "parts" VALUES(4,'b2:eafff8e0d1d5d87508acac83e44888f3',0,'text',NULL,'again',NULL);
INSERT INTO "parts" VALUES(5,'b2:054464d5e3d469054bd6b4dfb8c90e07',0,'text',NULL,'echo: again',NULL);
INSERT INTO "parts" VALUES(6,'b2:b3769e10cf5b0f6c911bb1b9b89d3eee',0,'text',NULL,'tool please',NULL);
INSERT INTO "parts" VALUES(7,'b2:107fe500fa0492ba05d65b4a5fd7c121',0,'text',NULL,'calling',NULL);
INSERT INTO "parts" VALUES(8,'b2:107fe500fa0492ba05d65b4a5fd7c121',1,'tool_call','upper',NULL,'{"name": "upper", "arguments": {"text": "hello"}, "tool_call_id": "call_1"}');
INSERT INTO "parts" VALUES(9,'b2:d6aec5249c3f7fba956506e641fa1017',0,'tool_result','upper',NULL,'{"name": "upper", "output": "HELLO", "tool_call_id": "call_1"}');
INSERT INTO "parts" VALUES(10,'b2:055c201606e59b5206ee51c70a2f4c5e',0,'text',NULL,'echo: HELLO',NULL);
INSERT INTO "parts" VALUES(11,'b2:5d4355b4fd66f1b05765a071b2bcf1a7',0,'text',NULL,'look',NULL);
INSERT INTO "parts" VALUES(12,'b2:5d4355b4fd66f1b05765a071b2bcf1a7',1,'attachment',NULL,NULL,'{"attachment": {"id": "6b7fa434f92a8b80aab02d9bf1a12e49ffcae424e4013a1c4f68b67e3d2bbcd0"}}');
INSERT INTO "parts" VALUES(13,'b2:e927cb9ba8ce7301dc9f4ec8a14c2f3b',0,'text',NULL,'echo: look',NULL);
INSERT INTO "schemas" VALUES('f2727c9bfcbd228d4e1dd2e92da4d26e','{"type":"object","properties":{"a":{"type":"string"}}}');
INSERT INTO "threads" VALUES('01m7yaerhnnc18g8z7c44axx05','hi there','b2:054464d5e3d469054bd6b4dfb8c90e07',NULL,'2026-11-21 05:49:50.563191+00:00');
INSERT INTO "threads" VALUES('01m7yaerm1qmhcqpab289yxpgh','tool please','b2:055c201606e59b5206ee51c70a2f4c5e',NULL,'2026-11-21 05:49:50.600033+00:00');
INSERT INTO "threads" VALUES('01m7yaern68cfzjzj0125scgc8','look','b2:e927cb9ba8ce7301dc9f4ec8a14c2f3b',NULL,'2026-11-21 05:49:50.630529+00:00');
INSERT INTO "tools" VALUES(1,'152622fdbe0a585a984453f68810f65a1d9c4725c71ca50e4cab7339a165fe66','upper','Upper-case','{"properties": {"text": {"type": "string"}}, "required": ["text"], "type": "object"}',NULL);
INSERT INTO "turn_tools" VALUES('01m7yaerm7prcctdr70snwcmav',1,NULL);
INSERT INTO "turn_tools" VALUES('01m7yaerm7prcctdr70snwcmaw',1,NULL);
INSERT INTO "turns" VALUES('01m7yaerhnnc18g8z7c44axx06','01m7yaerhnnc18g8z7c44axx05','b2:b36c298fa1d99cf6f61d29ac1387cb17','b2:58369d3a8e2a92de5b7951473e4ffd4d','mock',NULL,NULL,NULL,7,3,'{"cached_tokens": 2}',0,'2026-11-21T05:49:50.517775+00:00',NULL);
INSERT INTO "turns" VALUES('01m7yaerkpes3ns3k2w8vtd2tq','01m7yaerhnnc18g8z7c44axx05','b2:eafff8e0d1d5d87508acac83e44888f3','b2:054464d5e3d469054bd6b4dfb8c90e07','mock',NULL,NULL,NULL,7,3,'{"cached_tokens": 2}',0,'2026-11-21T05:49:50.582426+00:00',NULL);
INSERT INTO "turns" VALUES('01m7yaerm7prcctdr70snwcmav','01m7yaerm1qmhcqpab289yxpgh','b2:b3769e10cf5b0f6c911bb1b9b89d3eee','b2:107fe500fa0492ba05d65b4a5fd7c121','mock',NULL,NULL,NULL,7,3,'{"cached_tokens": 2}',0,'2026-11-21T05:49:50.599470+00:00',NULL);
INSERT INTO "turns" VALUES('01m7yaerm7prcctdr70snwcmaw','01m7yaerm1qmhcqpab289yxpgh','b2:d6aec5249c3f7fba956506e641fa1017','b2:055c201606e59b5206ee51c70a2f4c5e','mock',NULL,NULL,NULL,7,3,'{"cached_tokens": 2}',0,'2026-11-21T05:49:50.599627+00:00',NULL);
INSERT INTO "turns" VALUES('01m7yaern68cfzjzj0125scgc7','01m7yaern68cfzjzj0125scgc8','b2:5d4355b4fd66f1b05765a071b2bcf1a7','b2:e927cb9ba8ce7301dc9f4ec8a14c2f3b','mock',NULL,NULL,'f2727c9bfcbd228d4e1dd2e92da4d26e',7,3,'{"cached_tokens": 2}',0,'2026-11-21T05:49:50.630111+00:00',NULL);
