// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Prints Kafka's topic settings as lines "name type default broker-setting", as its own server knows them.
//   java -cp 'kafka-clients.jar:kafka-storage.jar:kafka-server-common.jar:…' TopicSettings.java > topic_settings.txt
import java.util.*;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.server.config.ServerTopicConfigSynonyms;
import org.apache.kafka.storage.internals.log.LogConfig;

public class TopicSettings {
  public static void main(String[] args) throws Exception {
    for (String name : new TreeSet<>(LogConfig.configNames())) {
      ConfigDef.ConfigKey key = LogConfig.configKeys().get(name);
      String value = ConfigDef.convertToString(key.defaultValue, key.type);
      String broker = ServerTopicConfigSynonyms.TOPIC_CONFIG_SYNONYMS.getOrDefault(name, "-");
      System.out.println(name + " " + key.type + " " + (value == null || value.isEmpty() ? "-" : value) + " " + broker);
    }
  }
}
