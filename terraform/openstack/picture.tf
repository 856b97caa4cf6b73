# The control plane: each application, the images of its containers, and what it requires from whom.
locals {
  picture = {
    certificates = { images = {}, requires = {} }
    mariadb      = { images = { mariadb = "mariadb" }, requires = {} }
    rabbitmq     = { images = { rabbitmq = "rabbitmq" }, requires = {} }
    memcached    = { images = { memcached = "memcached" }, requires = {} }

    ingress = {
      exposed = true
      images  = { haproxy = "haproxy" }
      requires = {
        certificates = "certificates:certificates"
      }
    }

    keystone = {
      images = { keystone = "keystone" }
      requires = {
        database = "mariadb:database"
        cache    = "memcached:cache"
        ingress  = "ingress:ingress"
      }
    }

    glance = {
      images = { glance-api = "glance" }
      requires = {
        database         = "mariadb:database"
        identity-service = "keystone:identity-service"
        cache            = "memcached:cache"
        ingress          = "ingress:ingress"
      }
    }

    placement = {
      images = { placement-api = "placement" }
      requires = {
        database         = "mariadb:database"
        identity-service = "keystone:identity-service"
        cache            = "memcached:cache"
        ingress          = "ingress:ingress"
      }
    }

    nova = {
      images = { nova = "nova" }
      requires = {
        database         = "mariadb:database"
        api-database     = "mariadb:database"
        cell-database    = "mariadb:database"
        amqp             = "rabbitmq:amqp"
        identity-service = "keystone:identity-service"
        placement        = "placement:placement"
        cache            = "memcached:cache"
        ingress          = "ingress:ingress"
        ingress-console  = "ingress:ingress"
      }
    }

    ovn-central = {
      images = { ovn = "ovn" }
      requires = {
        certificates = "certificates:certificates"
      }
    }

    neutron = {
      images = { neutron = "neutron" }
      requires = {
        database         = "mariadb:database"
        amqp             = "rabbitmq:amqp"
        identity-service = "keystone:identity-service"
        ovsdb-cms        = "ovn-central:ovsdb-cms"
        certificates     = "certificates:certificates"
        cache            = "memcached:cache"
        ingress          = "ingress:ingress"
      }
    }

    horizon = {
      images = { horizon = "horizon" }
      requires = {
        identity-credentials = "keystone:identity-credentials"
        cache                = "memcached:cache"
        ingress              = "ingress:ingress"
      }
    }
  }

  # What hypervisors, in another model, may require from here.
  offers = {
    amqp                 = "rabbitmq:amqp"
    identity-credentials = "keystone:identity-credentials"
    nova-service         = "nova:nova-service"
    ovsdb-cms            = "ovn-central:ovsdb-cms"
    certificates         = "certificates:certificates"
    send-ca-cert         = "certificates:send-ca-cert"
  }

  # Options that this module decides: the region has one name everywhere.
  regional = toset(["keystone", "glance", "placement", "nova", "neutron"])
  settled = merge(
    { for name in local.regional : name => { region = var.region } },
    { ingress = var.external_hostname == null ? {} : { external-hostname = var.external_hostname } },
  )
}
